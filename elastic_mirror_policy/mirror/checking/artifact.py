"""What can be found out about one artifact on a mirror."""

import threading
from collections.abc import Iterator

from elastic_mirror_policy._http.download import Answer, Fetcher
from elastic_mirror_policy._time import http_seconds
from elastic_mirror_policy.errors import ApiError, LengthMismatchError, MirrorPolicyError
from elastic_mirror_policy.mirror.checking.explain import explain
from elastic_mirror_policy.mirror.checking.manifest import content_encoded
from elastic_mirror_policy.mirror.checking.same_etag import Tagged
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.content import ContentCheck
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.manifest import Artifact, size_limit
from elastic_mirror_policy.mirror.progress import Meter

_NO_ANSWER = frozenset({FindingCode.UNREACHABLE, FindingCode.SERVER_ERROR})
_NO_HEAD = frozenset({405, 501})


MOST_UNANSWERED = 5
"""After this many artifacts without an answer, retries included, no more are asked for."""


class ArtifactCheck:
    """Looks at artifacts one by one, until a mirror that stopped answering was given up.

    Args:
        fetcher: The mirror.
        meter: Counts what is done.
        fast: Whether headers alone are looked at.

    Attributes:
        skipped: How many artifacts were not asked for.
        tagged: The ETags of those that answered.
    """

    def __init__(self, fetcher: Fetcher, meter: Meter, *, fast: bool) -> None:
        self.skipped = 0
        self.tagged: list[Tagged] = []
        self._unanswered = 0
        self._fetcher = fetcher
        self._meter = meter
        self._look = _by_headers if fast else _by_content
        self._lock = threading.Lock()

    def check(self, artifact: Artifact) -> tuple[Finding, ...]:
        """Return what is wrong with an artifact."""
        findings = self._findings(artifact)
        self._meter.add(items=1)
        return findings

    def _findings(self, artifact: Artifact) -> tuple[Finding, ...]:
        with self._lock:
            if self._unanswered >= MOST_UNANSWERED:
                self.skipped += 1
                return ()
        try:
            answer, findings = self._look(self._fetcher, artifact, self._meter)
        except MirrorPolicyError as exc:
            finding = _explained(exc, artifact.relative_url)
            with self._lock:
                self._unanswered += finding.code in _NO_ANSWER
            return (finding,)
        self.tagged.append(_tagged(answer, artifact.relative_url))
        return findings

    def given_up(self) -> tuple[Finding, ...]:
        """Return the finding about the artifacts that were not asked for, if there are any."""
        if not self.skipped:
            return ()
        message = f"{self.skipped} more artifacts were not asked for: the mirror stopped answering."
        return (Finding.of(FindingCode.UNREACHABLE, "", message),)


def _explained(error: MirrorPolicyError, path: str) -> Finding:
    if isinstance(error, ApiError) and error.method == "HEAD" and error.status in _NO_HEAD:
        return Finding.of(FindingCode.HEAD_UNSUPPORTED, path)
    return explain(
        error, path, missing=FindingCode.ARTIFACT_MISSING, wrong=FindingCode.ARTIFACT_LENGTH
    )


def _tagged(answer: Answer, path: str) -> Tagged:
    modified = http_seconds(answer.headers.get("last-modified"))
    return Tagged(path, answer.headers.get("etag"), modified, content=path)


def _by_headers(
    fetcher: Fetcher, artifact: Artifact, _: Meter
) -> tuple[Answer, tuple[Finding, ...]]:
    answer = fetcher.head(artifact.relative_url)
    return answer, tuple(_about_headers(answer, artifact))


def _about_headers(answer: Answer, artifact: Artifact) -> Iterator[Finding]:
    path = artifact.relative_url
    yield from _encoding(answer, path)
    if artifact.encoded_size is None:
        yield Finding.of(FindingCode.ARTIFACT_UNVERIFIABLE, path)
    elif answer.length is None:
        yield Finding.of(FindingCode.LENGTH_UNKNOWN, path)
    elif answer.length != artifact.encoded_size:
        yield Finding.of(
            FindingCode.ARTIFACT_LENGTH,
            path,
            f"{path} has {answer.length} bytes; the manifest names {artifact.encoded_size}.",
        )


def _by_content(
    fetcher: Fetcher, artifact: Artifact, meter: Meter
) -> tuple[Answer, tuple[Finding, ...]]:
    answer, content = _read(fetcher, artifact, meter)
    return answer, tuple(_about_content(answer, content, artifact))


def _about_content(answer: Answer, content: ContentCheck, artifact: Artifact) -> Iterator[Finding]:
    path = artifact.relative_url
    yield from _encoding(answer, path)
    problem = content.problem()
    if problem is not None:
        short = isinstance(problem, LengthMismatchError)
        code = FindingCode.ARTIFACT_LENGTH if short else FindingCode.ARTIFACT_DIGEST
        yield Finding.of(code, path, problem.message)
        return
    if artifact.encoded_sha256 is None:
        yield Finding.of(FindingCode.ARTIFACT_UNVERIFIABLE, path)
    inflated = content.decoded_problem()
    if inflated is not None:
        yield Finding.of(FindingCode.ARTIFACT_DECODED, path, inflated.message)


def _read(fetcher: Fetcher, artifact: Artifact, meter: Meter) -> tuple[Answer, ContentCheck]:
    def consume(answer: Answer, chunks: Iterator[bytes]) -> tuple[Answer, ContentCheck]:
        content = ContentCheck(artifact)
        try:
            for chunk in chunks:
                content.feed(chunk)
                meter.add(size=len(chunk))
        except BaseException:
            meter.add(size=-content.size)
            raise
        return answer, content

    return fetcher.get(artifact.relative_url, consume, limit=size_limit(artifact))


def _encoding(answer: Answer, path: str) -> Iterator[Finding]:
    encoding = answer.headers.get("content-encoding", "identity")
    if encoding != "identity":
        yield content_encoded(path, encoding)
