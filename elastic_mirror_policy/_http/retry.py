"""When a request is worth sending again, and how long to wait before (pure but for jitter)."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, ParamSpec, TypeVar

import tenacity

from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy.errors import ApiError, MirrorPolicyError, TransportError

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("elastic_mirror_policy.http")

RETRYABLE_STATUS: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to stop trying again: after this many attempts, or this many seconds in total."""

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
        """Return what `ask` returns, after as many attempts as it takes.

        The loop begins with the first failure: nearly every request needs none, and setting it up
        costs as much as a tenth of sending one.
        """
        started = time.monotonic()
        try:
            return ask(*args, **kwargs)
        except MirrorPolicyError as exc:
            failed: MirrorPolicyError | None = exc

        def attempt() -> T:
            nonlocal failed
            if failed is not None:
                first, failed = failed, None
                raise first
            return ask(*args, **kwargs)

        left = self.policy.total - (time.monotonic() - started)
        loop = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.policy.attempts)
            | tenacity.stop_before_delay(max(0.0, left)),
            wait=self._pause,
            retry=tenacity.retry_if_exception(self.worth_it),
            sleep=self._wait,
            before_sleep=_log_retry,
            reraise=True,
        )
        return loop(attempt)

    def _wait(self, seconds: float) -> None:
        self.sleep(seconds)

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        return wait_before_retry(error, state.attempt_number, self.policy)


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


def wait_before_retry(error: BaseException | None, attempt: int, policy: RetryPolicy) -> float:
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


def _log_retry(state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    pause = state.next_action.sleep if state.next_action else 0.0
    logger.warning("trying again in %.1f s: %s", pause, error)
