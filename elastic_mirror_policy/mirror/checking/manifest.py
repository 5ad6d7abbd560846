"""What can be found out about one version's manifest on a mirror."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from elastic_mirror_policy._http.download import NOT_MODIFIED, Fetcher, read_all
from elastic_mirror_policy._text import visible
from elastic_mirror_policy._time import http_seconds
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify
from elastic_mirror_policy.mirror.checking.explain import explain
from elastic_mirror_policy.mirror.checking.same_etag import Tagged
from elastic_mirror_policy.mirror.checking.signature import Verifier, signature_finding
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.layout import ARTIFACT_FOLDER, manifest_path
from elastic_mirror_policy.mirror.manifest import MAX_ZIP, Manifest, parse_manifest_zip
from elastic_mirror_policy.mirror.published import Published, fetch_manifest
from elastic_mirror_policy.mirror.version import EndpointVersion

_ETAG_CODES = {
    ETagClass.ABSENT: FindingCode.ETAG_ABSENT,
    ETagClass.DASHED: FindingCode.ETAG_DASHED,
    ETagClass.WEAK: FindingCode.ETAG_WEAK,
    ETagClass.UNQUOTED: FindingCode.ETAG_UNQUOTED,
    ETagClass.UNUSUAL: FindingCode.ETAG_UNUSUAL,
}


@dataclass(frozen=True, slots=True)
class CheckedManifest:
    """A version's manifest, or None when it cannot be used, and what was found.

    Attributes:
        version: The version that was asked for.
        manifest: Its manifest.
        findings: What was found.
        tagged: Its ETag, and what it stands for; None without a manifest.
    """

    version: EndpointVersion
    manifest: Manifest | None
    findings: tuple[Finding, ...]
    tagged: Tagged | None = None


def check_manifest(
    fetcher: Fetcher, version: EndpointVersion, key: Verifier | None
) -> CheckedManifest:
    """Return the version's manifest with every finding about it, artifacts left aside."""
    path = "/" + manifest_path(version.text)
    try:
        published = fetch_manifest(fetcher, version)
        manifest = parse_manifest_zip(published.data)
    except MirrorPolicyError as exc:
        found = explain(
            exc,
            path,
            missing=FindingCode.MANIFEST_MISSING,
            wrong=FindingCode.MANIFEST_UNREADABLE,
        )
        return CheckedManifest(version, None, (found.concerning(version.text),))
    findings = [
        *_about_http(fetcher, published),
        *_about_content(manifest, published, key),
    ]
    return CheckedManifest(
        version,
        manifest,
        tuple(finding.concerning(version.text) for finding in findings),
        Tagged(
            published.path,
            published.etag,
            http_seconds(published.last_modified),
            hashlib.sha256(published.data).hexdigest(),
        ),
    )


def _about_http(fetcher: Fetcher, published: Published) -> Iterator[Finding]:
    code = _ETAG_CODES.get(classify(published.etag))
    if code is not None:
        seen = "" if published.etag is None else f" It is: {visible(published.etag[:200])}"
        yield Finding.of(code, published.path, code.meaning + seen)
    encoding = published.answer.headers.get("content-encoding", "identity")
    if encoding != "identity":
        yield content_encoded(published.path, encoding)
    else:
        yield from _for_one_that_accepts_compression(fetcher, published)
    if published.etag:
        yield from _conditional(fetcher, published, published.etag)


def content_encoded(path: str, encoding: str) -> Finding:
    """Return the finding about an answer that was compressed without being asked."""
    code = FindingCode.CONTENT_ENCODED
    return Finding.of(code, path, f"{code.meaning} Content-Encoding: {visible(encoding[:60])}")


def _for_one_that_accepts_compression(fetcher: Fetcher, published: Published) -> Iterator[Finding]:
    """Ask once more, as a client that accepts compression; whether endpoints do is not known."""
    code, accepted = FindingCode.COMPRESSES, {"Accept-Encoding": "gzip, deflate, br"}
    try:
        answer, data = fetcher.get(published.path, read_all, limit=MAX_ZIP, headers=accepted)
    except MirrorPolicyError as exc:
        yield Finding.of(code, published.path, f"{code.meaning} {exc.message}")
        return
    encoding = answer.headers.get("content-encoding", "identity")
    etag = answer.headers.get("etag")
    if encoding != "identity":
        seen = f"Content-Encoding: {visible(encoding[:60])}, ETag: {visible(str(etag)[:200])}"
        yield Finding.of(code, published.path, f"{code.meaning} {seen}")
    elif data == published.data and etag != published.etag:
        seen = f"ETag: {visible(str(etag)[:200])}"
        yield Finding.of(code, published.path, f"{code.meaning} {seen}")


def _conditional(fetcher: Fetcher, published: Published, etag: str) -> Iterator[Finding]:
    try:
        answer, data = fetcher.get(
            published.path,
            read_all,
            limit=MAX_ZIP,
            headers={"If-None-Match": etag},
            accept=(200, NOT_MODIFIED),
        )
    except MirrorPolicyError as exc:
        yield Finding.of(FindingCode.CONDITIONAL_FAILED, published.path, exc.message)
        return
    if answer.status == NOT_MODIFIED:
        return
    yield Finding.of(FindingCode.CONDITIONAL_IGNORED, published.path)
    if data == published.data and answer.headers.get("etag") != etag:
        yield Finding.of(FindingCode.ETAG_UNSTABLE, published.path)


def _about_content(
    manifest: Manifest, published: Published, key: Verifier | None
) -> Iterator[Finding]:
    yield from stripped_finding(published)
    signature = signature_finding(manifest, published.path, key)
    if signature is not None:
        yield signature
    yield from path_findings(manifest, published.path)


def stripped_finding(published: Published) -> Iterator[Finding]:
    """Yield a finding when only a shorter name of the version was there."""
    if published.name != published.version.text:
        code = FindingCode.VERSION_STRIPPED
        message = f"{code.meaning} Found: {published.name}."
        yield Finding.of(code, published.path, message).concerning(published.version.text)


def path_findings(manifest: Manifest, path: str) -> Iterator[Finding]:
    """Yield what is unusual about the paths a manifest names."""
    outside = sorted(p for p in manifest.paths if not p.startswith(ARTIFACT_FOLDER + "/"))
    if outside:
        code = FindingCode.PATH_UNUSUAL
        yield Finding.of(code, path, f"{code.meaning} The first: /{visible(outside[0])}")
    for one, other in manifest.case_collisions:
        yield Finding.of(
            FindingCode.CASE_COLLISION,
            path,
            f"The manifest names /{visible(one)} and /{visible(other)}: one file where case does "
            "not count.",
        )
