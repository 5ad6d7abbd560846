"""Being served: over a socket on 127.0.0.1, or through the `responses` library."""

import re
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import requests

from elastic_mirror_policy.testing._serving.server import LocalServer, Sendable

if TYPE_CHECKING:
    import responses

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")


class Served(ABC):
    """A fake whose `handle` answers one request, and which can be served."""

    def __init__(self, base_path: str) -> None:
        self.base_path = base_path.rstrip("/")
        self._server: LocalServer | None = None
        self._accepted = 0
        self._stopping = threading.Event()

    @abstractmethod
    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Sendable:
        """Answer one request."""

    @property
    def url(self) -> str:
        """Where it is served, with its base path.

        Raises:
            RuntimeError: It is not being served.
        """
        if self._server is None:
            raise RuntimeError(f"{self._name} is not being served: use it in a with statement.")
        return self._server.url + self.base_path

    @property
    def connections(self) -> int:
        """How many TCP connections it has accepted, however often it was served."""
        return self._accepted + (self._server.connections if self._server is not None else 0)

    def serve(self, *, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> Self:
        """Serve it on 127.0.0.1, at a free port unless one is given, and return it.

        Raises:
            RuntimeError: It is being served already.
        """
        if self._server is not None:
            raise RuntimeError(f"{self._name} is being served already.")
        self._stopping.clear()
        self._server = LocalServer(self.handle, port=port, ssl_context=ssl_context)
        return self

    @property
    def _name(self) -> str:
        return f"This {type(self).__name__}"

    def close(self) -> None:
        """Stop serving; its state stays.

        Raises:
            BaseException: What a function given to `before`, or the fake itself, raised.
        """
        failure = self._stop()
        if failure is not None:
            raise failure

    def _stop(self) -> BaseException | None:
        server, self._server = self._server, None
        if server is None:
            return None
        self._stopping.set()
        server.close()
        self._accepted += server.connections
        return server.failures[0] if server.failures else None

    def __enter__(self) -> Self:
        return self if self._server is not None else self.serve()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        failure = self._stop()
        if failure is not None and error is None:
            raise failure

    def register(
        self, mock: "responses.RequestsMock", url: str = "http://kibana.test:5601"
    ) -> None:
        """Answer requests to `url` through the `responses` library, without any socket."""
        pattern = re.compile(re.escape(url) + "/.*")

        def answer(request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
            body = request.body or b""
            sent = body.encode() if isinstance(body, str) else bytes(body)
            got = self.handle(str(request.method), request.path_url, request.headers, sent)
            if got.status == 0:
                raise requests.exceptions.ConnectionError("Connection aborted.")
            pieces = () if request.method == "HEAD" else got.pieces()
            return got.status, got.headers, b"".join(pieces)

        for method in _METHODS:
            mock.add_callback(method, pattern, answer, content_type=None)
