"""One tree of errors: one root, one sentence each, nothing lost on the way."""

import builtins
import copy
import inspect
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    *(
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, MirrorPolicyError)
    ),
    ApplyError,
]
API = [kind for kind in ALL if issubclass(kind, ApiError)]


def parents(kind: type[Exception]) -> list[str]:
    """Return the names from the root of the tree down to `kind`."""
    mro = [parent.__name__ for parent in kind.__mro__ if issubclass(parent, MirrorPolicyError)]
    return mro[::-1]


def drawn() -> dict[str, int]:
    """Return the column in which each error stands in the module's drawing."""
    lines = (errors.__doc__ or "").splitlines()
    return {
        words[0].rpartition(".")[2]: line.index(words[0])
        for line in lines
        if (words := line.strip(" │├└─").split()) and words[0].endswith("Error")
    }


def test_the_tree_is_the_documented_one() -> None:
    """Every error stands in the module's drawing, one step deeper than its parent."""
    columns = drawn()
    paths = {kind.__name__: [columns[name] for name in parents(kind)] for kind in ALL}
    steps = {name: [4 + 4 * depth for depth in range(len(path))] for name, path in paths.items()}

    assert paths == steps


def test_every_error_says_what_it_means() -> None:
    """It is named as an error, and its docstring begins with a sentence."""
    unnamed = [kind for kind in ALL if not kind.__name__.endswith("Error")]
    silent = [k for k in ALL if not (k.__doc__ or "").splitlines()[0].endswith((".", ";"))]

    assert (unnamed, silent) == ([], [])


def test_no_error_is_called_as_a_builtin_is() -> None:
    """`except ConnectionError` must not mean two things."""
    assert {kind.__name__ for kind in ALL} & set(dir(builtins)) == set()


def made(kind: type[MirrorPolicyError], message: str, hint: str) -> MirrorPolicyError:
    """Return an error of a kind, with whatever else it takes."""
    if issubclass(kind, ApiError):
        return kind(message, hint=hint, status=503, method="PUT", path="/api/x", retry_after=2.5)
    if issubclass(kind, ApplyError):
        return kind(message, hint=hint, report=Report(journal="a.journal", outcomes=()))
    return kind(message, hint=hint)


@pytest.mark.parametrize(("hint", "text"), [("Do this.", "It broke. Do this."), ("", "It broke.")])
def test_the_text_is_the_message_and_the_hint(hint: str, text: str) -> None:
    """One line tells what went wrong and what to do next."""
    texts = {kind: str(made(kind, "It broke.", hint)) for kind in ALL}

    assert texts == dict.fromkeys(ALL, text)


@given(st.sampled_from(ALL), st.text(), st.text())
def test_an_error_keeps_message_and_hint_apart(
    kind: type[MirrorPolicyError], message: str, hint: str
) -> None:
    """Programs can show them in two places."""
    error = made(kind, message, hint)

    assert (error.message, error.hint) == (message, hint)


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


EXAMPLES = (
    *(made(kind, "It broke.", "Do this.") for kind in ALL),
    TransportError("x", sent=False),
)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_an_error_survives_copying_and_pickling(
    again: Callable[[MirrorPolicyError], MirrorPolicyError],
) -> None:
    """It may cross from one process to another without losing an attribute."""
    pairs = [(error, again(error)) for error in EXAMPLES]

    assert [one for one, twin in pairs if type(twin) is not type(one)] == []
    assert [one for one, twin in pairs if (str(twin), vars(twin)) != (str(one), vars(one))] == []


def test_a_group_of_errors_can_be_caught_as_one() -> None:
    """Callers catch the parent they care about."""
    with pytest.raises(ArtifactError):
        raise errors.LengthMismatchError("x")
    with pytest.raises(PlanError):
        raise errors.StalePlanError("x")
