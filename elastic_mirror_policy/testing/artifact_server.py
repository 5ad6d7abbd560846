"""FakeArtifactServer: a small server of artifacts on the loopback, with faults on request.

It stands for Elastic's server (`FakeArtifactServer.example()`), or serves a folder the way a good
mirror does (`FakeArtifactServer.of_folder`). It speaks HTTP/1.1, keeps connections, answers
conditional requests and remembers what it was asked.
"""

import enum
import fnmatch
import gzip
import hashlib
import os
import ssl
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from elastic_mirror_policy.testing._artifacts.catalogue import ArtifactCatalogue
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact, example_artifacts
from elastic_mirror_policy.testing._artifacts.faults import ArtifactAnswer, ArtifactFault
from elastic_mirror_policy.testing._serving.serving import Served

EXAMPLE_VERSIONS = ("8.19.4", "9.1.3", "9.2.0")


class ETagStyle(enum.StrEnum):
    """How the server writes ETags."""

    PLAIN = "plain"
    DASHED = "dashed"
    WEAK = "weak"
    UNQUOTED = "unquoted"
    ABSENT = "absent"
    CONSTANT = "constant"
    TIMED = "timed"


_ETAGS = {
    ETagStyle.PLAIN: '"{}{}"',
    ETagStyle.DASHED: '"{}-{}"',
    ETagStyle.WEAK: 'W/"{}{}"',
    ETagStyle.UNQUOTED: "{}{}",
    ETagStyle.ABSENT: "",
    ETagStyle.CONSTANT: '"5ca1ab1e"',
    ETagStyle.TIMED: '"{time:x}"',
}


@dataclass(frozen=True, slots=True)
class ArtifactRequest:
    """A request the server answered.

    Attributes:
        method: HTTP method.
        path: Path, without the server's prefix.
        headers: Its headers, names in lower case.
        status: What it was answered with.
        length: The Content-Length of the answer, or None for one without.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    status: int
    length: int | None


@dataclass(slots=True)
class _Injected:
    pattern: str
    fault: ArtifactFault
    times: int | None


def _is_known(asked: Mapping[str, str], described: Mapping[str, str]) -> bool:
    """Whether the client has this file; a date counts only where there is no ETag (RFC 9110)."""
    if "if-none-match" in asked:
        return asked["if-none-match"] == described.get("ETag")
    return asked.get("if-modified-since") == described["Last-Modified"]


def _compressed(answer: ArtifactAnswer) -> ArtifactAnswer:
    body = gzip.compress(answer.body, mtime=0)
    headers = answer.headers | {"Content-Encoding": "gzip"}
    if "ETag" in headers:
        headers["ETag"] = headers["ETag"].removesuffix('"') + '-gzip"'
    return replace(answer, headers=headers, body=body, length=len(body))


class FakeArtifactServer(ArtifactCatalogue, Served):
    """Serves manifests and artifacts on 127.0.0.1 while its `with` block runs.

    Args:
        versions: The artifacts of each endpoint version.
        prefix: Path of the base URL, such as `/mirror`.
        tls: Certificate and key file; https when they are given.
        folder: Serves the files of this folder instead.
        etag_style: How ETags are written; can be set later.
        conditional: Whether If-None-Match is honoured; can be set later.
        latency: Seconds before every answer; can be set later.
        compress: Whether a client that accepts gzip gets it, under another ETag, as Apache's
            mod_deflate does; can be set later.
    """

    def __init__(
        self,
        versions: Mapping[str, Iterable[SyntheticArtifact]] | None = None,
        *,
        prefix: str = "",
        tls: tuple[str, str] | None = None,
        folder: Path | None = None,
        etag_style: ETagStyle = ETagStyle.PLAIN,
        conditional: bool = True,
        latency: float = 0.0,
        compress: bool = False,
    ) -> None:
        self.etag_style = etag_style
        self.conditional = conditional
        self.latency = latency
        self.compress = compress
        self._tls = tls
        self._folder = folder
        self._injected: list[_Injected] = []
        self._log: list[ArtifactRequest] = []
        self._lock = threading.Lock()
        ArtifactCatalogue.__init__(self, versions or {})
        Served.__init__(self, prefix)

    @classmethod
    def example(cls, *versions: str, addressed: bool = True) -> Self:
        """Return a server of some endpoint versions that share artifacts.

        With `addressed` off, a release changes files in place instead of adding new paths.
        """
        return cls(
            {v: example_artifacts(v, addressed=addressed) for v in versions or EXAMPLE_VERSIONS}
        )

    @classmethod
    def of_folder(cls, folder: str | os.PathLike[str], *, prefix: str = "") -> Self:
        """Return a server of a folder's files, with ETags made of their content."""
        return cls(folder=Path(folder), prefix=prefix)

    def __enter__(self) -> Self:
        context = None
        if self._tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._tls)
        return self.serve(ssl_context=context)

    @property
    def requests(self) -> tuple[ArtifactRequest, ...]:
        """What it was asked so far: every request whose answer has begun, in that order."""
        with self._lock:
            return tuple(self._log)

    def forget_requests(self) -> None:
        """Empty the list of requests."""
        with self._lock:
            self._log.clear()

    def inject(self, pattern: str, fault: ArtifactFault, *, times: int | None = None) -> None:
        """Break the answers for paths that contain or match `pattern`, all or this many of them."""
        with self._lock:
            self._injected.append(_Injected(pattern, fault, times))

    def heal(self) -> None:
        """Take back every fault."""
        with self._lock:
            self._injected.clear()

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> ArtifactAnswer:
        """Answer one request, and remember it."""
        del body
        self._stopping.wait(self.latency)
        asked = {name.lower(): value for name, value in headers.items()}
        local = self._local(path)
        answer = self._whole(local, asked) if method in {"GET", "HEAD"} else self._without(405)
        for fault in self._faults(local):
            answer = fault(answer)
        with self._lock:
            self._log.append(ArtifactRequest(method, local, asked, answer.status, answer.length))
        return answer

    def _local(self, path: str) -> str:
        """The path without prefix, escapes and query; a path outside the prefix is nowhere."""
        plain = unquote(path.partition("?")[0])
        return plain.removeprefix(self.base_path) if plain.startswith(self.base_path + "/") else ""

    def _without(self, status: int) -> ArtifactAnswer:
        return ArtifactAnswer(status, {"Content-Type": "text/plain"}, b"", 0, self._stopping)

    def _whole(self, local: str, headers: Mapping[str, str]) -> ArtifactAnswer:
        found = self._file(local)
        if found is None:
            return self._without(404)
        data, modified = found
        described = {
            "Content-Type": "application/octet-stream",
            "Last-Modified": format_datetime(modified, usegmt=True),
        } | self._etag(data, modified)
        if self.conditional and _is_known(headers, described):
            return ArtifactAnswer(304, described, b"", 0, self._stopping)
        answer = ArtifactAnswer(200, described, data, len(data), self._stopping)
        wanted = self.compress and "gzip" in headers.get("accept-encoding", "")
        return _compressed(answer) if wanted else answer

    def _file(self, local: str) -> tuple[bytes, datetime] | None:
        if self._folder is None:
            return self._files.get(local)
        target = Path(self._folder, local.lstrip("/"))
        hidden = any(step.startswith(".") for step in local.split("/"))
        if hidden or not target.is_file():
            return None
        modified = datetime.fromtimestamp(int(target.stat().st_mtime), UTC)
        return target.read_bytes(), modified

    def _etag(self, data: bytes, modified: datetime) -> dict[str, str]:
        digest = hashlib.sha256(data).hexdigest()[:32]
        time = int(modified.timestamp()) * 1_000_000
        value = _ETAGS[self.etag_style].format(digest[:8], digest[8:], time=time)
        return {"ETag": value} if value else {}

    def _faults(self, local: str) -> list[ArtifactFault]:
        with self._lock:
            chosen = [
                injected
                for injected in self._injected
                if (injected.pattern in local or fnmatch.fnmatch(local, injected.pattern))
                and injected.times != 0
            ]
            for injected in chosen:
                if injected.times is not None:
                    injected.times -= 1
        return [injected.fault for injected in chosen]
