"""When a request is worth sending again, and how long to wait before (pure but for the dice)."""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import tenacity

from elastic_mirror_policy._http.failures import FinalTransportError
from elastic_mirror_policy.errors import ApiError, TransportError

logger = logging.getLogger("elastic_mirror_policy.http")

RETRYABLE_STATUS: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to stop trying again: after so many attempts, or so many seconds in total."""

    attempts: int = 5
    total: float = 120.0
    base: float = 0.25
    longest: float = 20.0


def retrying(
    policy: RetryPolicy,
    predicate: Callable[[BaseException], bool],
    sleep: Callable[[float], None],
) -> tenacity.Retrying:
    """Return the loop that tries again while `predicate` says so and `policy` allows it."""
    return tenacity.Retrying(
        stop=tenacity.stop_after_attempt(policy.attempts)
        | tenacity.stop_before_delay(policy.total),
        wait=lambda state: wait_before_retry(state.outcome, state.attempt_number, policy),
        retry=tenacity.retry_if_exception(predicate),
        sleep=sleep,
        before_sleep=_log_retry,
        reraise=True,
    )


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


def wait_before_retry(outcome: tenacity.Future | None, attempt: int, policy: RetryPolicy) -> float:
    """Seconds to wait: what the server asked for, else full jitter over a doubling window."""
    error = outcome.exception() if outcome is not None else None
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
