"""Whether a mirror publishes what its upstream publishes now."""

from elastic_mirror_policy._http.download import Fetcher
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror.checking.manifest import CheckedManifest
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest_zip
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.published import fetch_manifest
from elastic_mirror_policy.mirror.version import version_numbers


def compare_with_upstream(
    upstream: str, checked: list[CheckedManifest], *, timeout: float, parallel: int
) -> list[Finding]:
    """Return how the mirror's manifests stand to those of the upstream."""
    with Fetcher(upstream, timeout=timeout, parallel=parallel) as fetcher:

        def compare(one: CheckedManifest) -> Finding | None:
            try:
                theirs = parse_manifest_zip(fetch_manifest(fetcher, one.version).data)
            except MirrorPolicyError as exc:
                code = FindingCode.UPSTREAM_UNREACHABLE
                return Finding.of(code, _path(one), f"{code.meaning} {exc.message}")
            return None if one.manifest is None else _difference(one, one.manifest, theirs)

        found = for_each(compare, checked, parallel=parallel, abort=fetcher.abort)
    return [finding for finding in found if finding is not None]


def _difference(one: CheckedManifest, ours: Manifest, theirs: Manifest) -> Finding | None:
    if ours.content == theirs.content:
        return None
    mine, other = version_numbers(ours.version), version_numbers(theirs.version)
    code = FindingCode.DIFFERS_FROM_UPSTREAM
    if mine is not None and other is not None and mine != other:
        behind = mine < other
        code = FindingCode.BEHIND_UPSTREAM if behind else FindingCode.AHEAD_OF_UPSTREAM
    message = f"{code.meaning} Mirror: {ours.version}, upstream: {theirs.version}."
    return Finding.of(code, _path(one), message).concerning(one.version.text)


def _path(one: CheckedManifest) -> str:
    return "/" + manifest_path(one.version.text)
