"""Answers whose headers cannot be read are logged by urllib3 without what it could not read.

A server may have made them of what it was sent, and that log is not ours to hold back.
"""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

_asking: ContextVar[bool] = ContextVar("asking", default=False)


@contextlib.contextmanager
def quiet_headers() -> Iterator[None]:
    """Keep the text of headers out of the log while an answer is awaited; only here."""
    token = _asking.set(True)
    try:
        yield
    finally:
        _asking.reset(token)


def _without_text(record: logging.LogRecord) -> bool:
    if _asking.get() and str(record.msg).startswith("Failed to parse headers"):
        record.msg, record.args, record.exc_info = "Failed to parse headers of an answer", (), None
    return True


logging.getLogger("urllib3.connection").addFilter(_without_text)
