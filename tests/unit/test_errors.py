"""One tree of errors: one root, one sentence each, nothing lost on the way."""

import copy
import inspect
import pickle
from collections.abc import Callable

import pytest

from elastic_mirror_policy import errors
from elastic_mirror_policy.errors import (
    ApiError,
    ArtifactError,
    MirrorPolicyError,
    PlanError,
    RequestTimeoutError,
    ServerError,
    TransportError,
)
from elastic_mirror_policy.rollout.report import ApplyError, Report

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MirrorPolicyError)
]
API = [kind for kind in ALL if issubclass(kind, ApiError)]
PLAIN = [kind for kind in ALL if kind not in API and kind is not ApplyError]


def parents(kind: type[Exception]) -> list[str]:
    """Return the names from the root of the tree down to `kind`."""
    mro = [parent.__name__ for parent in kind.__mro__ if issubclass(parent, MirrorPolicyError)]
    return mro[::-1]


@pytest.mark.parametrize("kind", ALL)
def test_the_tree_is_the_documented_one(kind: type[Exception]) -> None:
    """Every error stands in the module's drawing, one step deeper than its parent."""
    lines = (errors.__doc__ or "").splitlines()
    columns = {
        words[0]: line.index(words[0])
        for line in lines
        if (words := line.strip(" │├└─").split()) and words[0].endswith("Error")
    }
    path = [columns[name] for name in parents(kind)]

    assert path == [4 + 4 * depth for depth in range(len(path))]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_says_what_it_means(kind: type[Exception]) -> None:
    """It is named as an error, and its docstring begins with a sentence."""
    assert kind.__name__.endswith("Error")
    assert (kind.__doc__ or "").splitlines()[0].endswith((".", ";"))


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize(("hint", "text"), [("Do this.", "It broke. Do this."), ("", "It broke.")])
def test_the_text_is_the_message_and_the_hint(
    kind: type[MirrorPolicyError], hint: str, text: str
) -> None:
    """One line tells what went wrong and what to do next."""
    error = kind("It broke.", hint=hint)

    assert str(error) == text
    assert (error.message, error.hint) == ("It broke.", hint)


@pytest.mark.parametrize("kind", API)
def test_an_answer_keeps_its_facts(kind: type[ApiError]) -> None:
    """Programs look at attributes, not at the text."""
    error = kind(
        "Kibana refused a request.",
        status=409,
        method="PUT",
        path="/api/x",
        reason="conflict",
        hint="Plan again.",
        retry_after=1.5,
    )

    assert str(error) == "Kibana refused a request. Plan again."
    assert (error.status, error.method, error.path) == (409, "PUT", "/api/x")
    assert (error.reason, error.retry_after) == ("conflict", 1.5)


def test_optional_facts_of_an_answer_have_defaults() -> None:
    """An answer without a body has no reason."""
    error = ServerError("No.", status=503, method="GET", path="/")

    assert (error.reason, error.hint, error.retry_after) == ("", "", None)


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (TransportError("x"), True),
        (TransportError("x", sent=False), False),
        (RequestTimeoutError("x"), True),
        (RequestTimeoutError("x", sent=False), False),
    ],
)
def test_a_request_may_have_arrived_unless_it_certainly_did_not(
    error: TransportError,
    sent: bool,  # noqa: FBT001 - a table
) -> None:
    """The default is the careful answer."""
    assert error.sent is sent


def pickled(error: MirrorPolicyError) -> MirrorPolicyError:
    """Return what another process would get."""
    twin: MirrorPolicyError = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    return twin


EXAMPLES = [
    *(kind("It broke.", hint="Do this.") for kind in PLAIN),
    *(kind("No.", status=404, method="GET", path="/x", retry_after=2.0) for kind in API),
    TransportError("x", sent=False),
    ApplyError("Some failed.", report=Report(journal="j", outcomes=()), hint="Look."),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_an_error_survives_copying_and_pickling(
    error: MirrorPolicyError, again: Callable[[MirrorPolicyError], MirrorPolicyError]
) -> None:
    """It may cross from one process to another without losing an attribute."""
    twin = again(error)

    assert type(twin) is type(error)
    assert str(twin) == str(error)
    assert vars(twin) == vars(error)


def test_a_group_of_errors_can_be_caught_as_one() -> None:
    """Callers catch the parent they care about."""
    with pytest.raises(ArtifactError):
        raise errors.LengthMismatchError("x")
    with pytest.raises(PlanError):
        raise errors.StalePlanError("x")
