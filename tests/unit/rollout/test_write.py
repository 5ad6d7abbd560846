"""How long a write without a good answer waits before its policy is looked at."""

import pytest

from elastic_mirror_policy._http.failures import FinalTransportError, TlsError
from elastic_mirror_policy.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    MirrorPolicyError,
    NotFoundError,
    PermissionDeniedError,
    PlanError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.rollout.write import (
    MAX_WAIT,
    asked_to_wait,
    is_refusal,
    is_worth_repeating,
    may_be_at_work,
    pause,
)


def busy(retry_after: float | None) -> ServerError:
    """Return an answer that asks for patience."""
    return ServerError(
        "busy", status=503, method="PUT", path="/api/x", retry_after=retry_after, reason="busy"
    )


@pytest.mark.parametrize(
    ("count", "seconds"), [(0, 0.25), (1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (9, 8.0)]
)
def test_the_wait_doubles_up_to_eight_seconds(count: int, seconds: float) -> None:
    """Kibana may still be at work; long enough to let it end, short enough for a person."""
    assert pause(TransportError("lost"), count) == seconds
    assert pause(busy(None), count) == seconds


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [(0.5, 0.5), (1.0, 1.0), (37.0, 37.0), (MAX_WAIT, MAX_WAIT), (MAX_WAIT + 1, 1.0), (0.0, 1.0)],
)
def test_what_the_server_asks_for_is_waited_up_to_the_limit(asked: float, seconds: float) -> None:
    """Above it the wait is our own."""
    assert pause(busy(asked), 2) == seconds


@pytest.mark.parametrize(
    ("error", "seconds"), [(busy(3.5), 3.5), (busy(None), 0.0), (TransportError("lost"), 0.0)]
)
def test_only_an_answer_can_ask_to_wait(
    error: ServerError | TransportError, seconds: float
) -> None:
    """A lost one asks for nothing."""
    assert asked_to_wait(error) == seconds


def answered(kind: type[ApiError], status: int, reason: str = "") -> ApiError:
    """Return an answer."""
    return kind("no", status=status, method="PUT", path="/api/x", reason=reason)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (TransportError("lost"), False),
        (TransportError("never sent", sent=False), True),
        (RequestTimeoutError("late"), False),
        (RequestTimeoutError("no connection", sent=False), True),
        (answered(AuthenticationError, 401), True),
        (answered(ApiError, 400, "[request body]: types that failed validation"), True),
        (answered(ApiError, 400, "[request body.zzz]: definition for this key is missing"), True),
        (answered(ApiError, 400, "Invalid date format"), False),
        (answered(ApiError, 400), False),
        (answered(PermissionDeniedError, 403), False),
        (answered(NotFoundError, 404), False),
        (answered(ApiError, 408), False),
        (answered(ConflictError, 409), False),
        (answered(ApiError, 413), False),
        (answered(ApiError, 422), False),
        (answered(ServerError, 429), False),
        (answered(ServerError, 500, "[request body]: zzz"), False),
        (PlanError("ours"), True),
    ],
)
def test_a_status_is_not_a_fact(error: MirrorPolicyError, *, refusal: bool) -> None:
    """Only credentials, and the form of the request, are checked before everything else."""
    assert is_refusal(error) is refusal


@pytest.mark.parametrize(
    ("error", "at_work"),
    [
        (RequestTimeoutError("late"), True),
        (TransportError("lost"), True),
        (TransportError("never sent", sent=False), False),
        (TransportError("not JSON", answered=True), False),
        (FinalTransportError("redirect"), False),
        (TlsError("ended in the middle"), True),
        (TlsError("not trusted", sent=False), False),
        (answered(ServerError, 504), True),
        (answered(ServerError, 502), False),
        (answered(ServerError, 500), False),
        (answered(ConflictError, 409), False),
        (answered(ApiError, 400), False),
    ],
)
def test_a_write_that_nobody_ended_may_be_at_work(
    error: MirrorPolicyError, *, at_work: bool
) -> None:
    """Neither the client's patience nor a proxy's ends it."""
    assert may_be_at_work(error) is at_work


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (TransportError("lost"), True),
        (FinalTransportError("redirect"), False),
        (answered(ConflictError, 409), True),
        (answered(ServerError, 429), True),
        (answered(ServerError, 503), True),
        (answered(ApiError, 408), True),
        (answered(ApiError, 400), False),
        (answered(PermissionDeniedError, 403), False),
    ],
)
def test_what_is_refused_for_a_reason_is_not_sent_again(
    error: MirrorPolicyError, *, again: bool
) -> None:
    """It would be refused again."""
    assert is_worth_repeating(error) is again


def test_a_conflict_is_looked_at_at_once() -> None:
    """There is nothing to wait for."""
    assert pause(answered(ConflictError, 409), 3) == 0.0
