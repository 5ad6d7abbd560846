"""When a request is worth sending again, and how long to wait before (pure but for jitter)."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, ParamSpec, TypeVar

from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy.errors import ApiError, MirrorPolicyError, TransportError

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("elastic_mirror_policy.http")

RETRYABLE_STATUS: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to stop trying again: after so many attempts, or so many seconds in total."""

    attempts: int = 5
    total: float = 120.0
    base: float = 0.25
    longest: float = 20.0


@dataclass(frozen=True, slots=True)
class Retrying:
    """Asks again while `worth_it` says so and `policy` allows it; the last error is raised."""

    policy: RetryPolicy
    worth_it: Callable[[BaseException], bool]
    sleep: Callable[[float], object]

    def __call__(self, ask: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `ask` returns, after as many attempts as it takes."""
        started = time.monotonic()
        attempt = 0
        while True:
            attempt += 1
            try:
                return ask(*args, **kwargs)
            except MirrorPolicyError as exc:
                pause = wait_before_retry(exc, attempt, self.policy)
                late = time.monotonic() - started + pause >= self.policy.total
                if attempt >= self.policy.attempts or late or not self.worth_it(exc):
                    raise
                logger.warning("trying again in %.1f s: %s", pause, exc)
            self.sleep(pause)


def is_retryable_read(error: BaseException) -> bool:
    """Whether a request that changes nothing is worth sending again."""
    if isinstance(error, ApiError):
        return error.status in RETRYABLE_STATUS
    return isinstance(error, TransportError) and not isinstance(error, FinalTransportError)


def is_retryable_write(error: BaseException) -> bool:
    """Whether a write certainly was not carried out, and may be sent again."""
    return (
        isinstance(error, TransportError)
        and not isinstance(error, FinalTransportError)
        and not error.sent
    )


def wait_before_retry(error: BaseException, attempt: int, policy: RetryPolicy) -> float:
    """Seconds to wait: what the server asked for, else full jitter over a doubling window."""
    if isinstance(error, ApiError) and error.retry_after is not None:
        return error.retry_after
    window = min(policy.longest, policy.base * 2.0**attempt)
    return random.uniform(0, window)  # noqa: S311 - spreads load, guards nothing


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Return the seconds a `Retry-After` value names, as a number or as a date; None if neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), 86400.0)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), 86400.0)
