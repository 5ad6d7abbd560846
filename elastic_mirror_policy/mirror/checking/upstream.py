"""Whether a mirror publishes what its upstream publishes now."""

from elastic_mirror_policy._http.download import Fetcher
from elastic_mirror_policy._time import http_seconds, spoken
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror.checking.manifest import CheckedManifest
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest_zip
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.published import Published, fetch_manifest
from elastic_mirror_policy.mirror.version import version_numbers


def compare_with_upstream(
    upstream: str,
    checked: list[CheckedManifest],
    *,
    ca_cert: str | None,
    timeout: float,
    parallel: int,
) -> list[Finding]:
    """Return how the mirror's manifests stand to those of the upstream."""
    with Fetcher(upstream, ca_cert=ca_cert, timeout=timeout, parallel=parallel) as fetcher:

        def compare(one: CheckedManifest) -> Finding | None:
            try:
                published = fetch_manifest(fetcher, one.version)
                theirs = parse_manifest_zip(published.data)
            except MirrorPolicyError as exc:
                code = FindingCode.UPSTREAM_UNREACHABLE
                found = Finding.of(code, _path(one), f"{code.meaning} {exc.message}")
                return found.concerning(one.version.text)
            if one.manifest is None:
                return None
            return _difference(one, one.manifest, theirs, _newer(one, published))

        found = for_each(compare, checked, parallel=parallel, abort=fetcher.abort)
    return [finding for finding in found if finding is not None]


def _newer(one: CheckedManifest, published: Published) -> str:
    """How much newer the upstream's manifest is, by the times that both servers give."""
    mine = one.tagged.modified if one.tagged else None
    other = http_seconds(published.last_modified)
    if mine is None or other is None or other <= mine:
        return ""
    return f" The upstream's is {spoken(other - mine)} newer."


def _difference(
    one: CheckedManifest, ours: Manifest, theirs: Manifest, newer: str
) -> Finding | None:
    if ours.content == theirs.content:
        return None
    mine, other = version_numbers(ours.version), version_numbers(theirs.version)
    code = FindingCode.DIFFERS_FROM_UPSTREAM
    if mine is not None and other is not None and mine != other:
        behind = mine < other
        code = FindingCode.BEHIND_UPSTREAM if behind else FindingCode.AHEAD_OF_UPSTREAM
    message = f"{code.meaning} Mirror: {ours.version}, upstream: {theirs.version}.{newer}"
    return Finding.of(code, _path(one), message).concerning(one.version.text)


def _path(one: CheckedManifest) -> str:
    return "/" + manifest_path(one.version.text)
