"""What can be wrong with an answer of the artifact server: one small function per fault.

A fault takes the answer that was to be given and returns the one to give instead; see
`FakeArtifactServer.inject`.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class ArtifactAnswer:
    """An answer before it is sent.

    Attributes:
        status: HTTP status.
        headers: Headers besides Content-Length.
        body: Its body.
        length: What Content-Length says; None leaves it out and closes the connection after.
        stream: Yields what is sent in place of `body`, or None.
        stopped: Set when the server closes; whatever waits, waits for this.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    length: int | None
    stopped: threading.Event
    stream: Callable[[], Iterator[bytes]] | None = field(default=None)

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it is sent."""
        if self.stream is None:
            yield self.body
        else:
            yield from self.stream()


ArtifactFault = Callable[[ArtifactAnswer], ArtifactAnswer]


def status(code: int, *, retry_after: str | None = None) -> ArtifactFault:
    """Return the fault that answers with an error status, perhaps with `Retry-After`."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    text = f"status {code}\n".encode()
    return lambda answer: replace(
        answer, status=code, headers=headers, body=text, length=len(text), stream=None
    )


def missing() -> ArtifactFault:
    """Return the fault that answers 404."""
    return status(404)


def redirect(location: str, code: int = 302) -> ArtifactFault:
    """Return the fault that points elsewhere; to its own address for a loop."""
    return lambda answer: replace(
        answer, status=code, headers={"Location": location}, body=b"", length=0
    )


def wrong_bytes() -> ArtifactFault:
    """Return the fault that sends as many bytes as expected, the first one changed."""
    return lambda answer: replace(
        answer, body=bytes([answer.body[0] ^ 0xFF]) + answer.body[1:], stream=None
    )


def wrong_length(more: int = 1) -> ArtifactFault:
    """Return the fault that sends `more` bytes than expected, or fewer, and says so honestly."""

    def apply(answer: ArtifactAnswer) -> ArtifactAnswer:
        body = answer.body + b"+" * more if more > 0 else answer.body[:more]
        return replace(answer, body=body, length=len(body))

    return apply


def truncated() -> ArtifactFault:
    """Return the fault that promises the whole body, sends half, and hangs up."""
    return lambda answer: replace(
        answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body)
    )


def replaced(body: bytes) -> ArtifactFault:
    """Return the fault that serves something else with status 200."""
    return lambda answer: replace(answer, body=body, length=len(body))


def compressed(encoding: str = "gzip") -> ArtifactFault:
    """Return the fault that claims a Content-Encoding nobody asked for."""
    return lambda answer: replace(
        answer, headers={**answer.headers, "Content-Encoding": encoding}, length=None
    )


def without_length() -> ArtifactFault:
    """Return the fault that leaves out Content-Length."""
    return lambda answer: replace(answer, length=None)


def huge(size: int = 1 << 30) -> ArtifactFault:
    """Return the fault that sends `size` zero bytes, made as they are sent."""

    def zeros() -> Iterator[bytes]:
        for start in range(0, size, 1 << 16):
            yield bytes(min(1 << 16, size - start))

    return lambda answer: replace(answer, length=size, stream=zeros)


def endless() -> ArtifactFault:
    """Return the fault that never stops sending, and promises no length."""

    def apply(answer: ArtifactAnswer) -> ArtifactAnswer:
        def zeros() -> Iterator[bytes]:
            while not answer.stopped.is_set():
                yield bytes(1 << 16)

        return replace(answer, length=None, stream=zeros)

    return apply


def stalled(after: int = 0) -> ArtifactFault:
    """Return the fault that sends `after` bytes and then nothing, with the connection open."""

    def apply(answer: ArtifactAnswer) -> ArtifactAnswer:
        def wait() -> Iterator[bytes]:
            yield answer.body[:after]
            answer.stopped.wait()

        return replace(answer, stream=wait)

    return apply


def dripping(pause: float) -> ArtifactFault:
    """Return the fault that sends one byte at a time, with a pause of this many seconds."""

    def apply(answer: ArtifactAnswer) -> ArtifactAnswer:
        def drops() -> Iterator[bytes]:
            for place in range(len(answer.body)):
                yield answer.body[place : place + 1]
                if answer.stopped.wait(pause):
                    return

        return replace(answer, stream=drops)

    return apply
