"""How long a write without a good answer waits before its policy is looked at."""

import pytest

from elastic_mirror_policy.errors import (
    ApiError,
    ConflictError,
    MirrorPolicyError,
    PermissionDeniedError,
    PlanError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.rollout.write import MAX_WAIT, asked_to_wait, is_ambiguous, pause


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


def answered(kind: type[ApiError], status: int) -> ApiError:
    """Return an answer."""
    return kind("no", status=status, method="PUT", path="/api/x")


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (TransportError("lost"), True),
        (TransportError("never sent", sent=False), False),
        (RequestTimeoutError("late"), True),
        (answered(ConflictError, 409), True),
        (answered(ServerError, 500), True),
        (answered(ApiError, 408), True),
        (answered(ApiError, 400), False),
        (answered(PermissionDeniedError, 403), False),
        (PlanError("ours"), False),
    ],
)
def test_only_what_leaves_a_write_open_is_looked_at(
    error: MirrorPolicyError, *, ambiguous: bool
) -> None:
    """A clear refusal is one; what was never sent was not carried out."""
    assert is_ambiguous(error) is ambiguous
