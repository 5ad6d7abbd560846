"""Whether what a mirror serves is older than somebody wants it to be (pure)."""

from collections.abc import Iterable, Iterator

from elastic_mirror_policy._time import spoken, written
from elastic_mirror_policy.mirror.checking.manifest import CheckedManifest
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding


def age_findings(checked: Iterable[CheckedManifest], limit: float, now: float) -> Iterator[Finding]:
    """Yield a finding for each manifest that is older than `limit` seconds, or of unknown age."""
    for one in checked:
        if one.tagged is None:
            continue  # there is no manifest, which another finding says
        modified = one.tagged.modified
        if modified is None:
            yield Finding.of(FindingCode.AGE_UNKNOWN, one.tagged.path).concerning(one.version.text)
        elif now - modified > limit:
            code = FindingCode.TOO_OLD
            seen = f"It is of {written(modified)}, {spoken(now - modified)} ago; the limit is"
            message = f"{code.meaning} {seen} {spoken(limit)}."
            yield Finding.of(code, one.tagged.path, message).concerning(one.version.text)
