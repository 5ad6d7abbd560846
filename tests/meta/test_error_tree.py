"""Every error: one root, one sentence, a hint, and nothing that should not be said."""

import builtins
import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elastic_mirror_policy import errors
from elastic_mirror_policy.errors import ApiError, MirrorPolicyError
from elastic_mirror_policy.rollout.report import ApplyError, Report

ERRORS = [
    value
    for value in (*vars(errors).values(), ApplyError)
    if inspect.isclass(value) and issubclass(value, MirrorPolicyError)
]
BUILTIN_NAMES = {name for name in dir(builtins) if name.endswith("Error")}


def made(kind: type[MirrorPolicyError], message: str, hint: str) -> MirrorPolicyError:
    """Return an error of a kind, with whatever else it takes."""
    if issubclass(kind, ApiError):
        return kind(message, hint=hint, status=503, method="PUT", path="/api/x", retry_after=2.5)
    if issubclass(kind, ApplyError):
        return kind(message, hint=hint, report=Report(journal="a.journal", outcomes=()))
    return kind(message, hint=hint)


@pytest.mark.parametrize("kind", ERRORS)
def test_the_text_of_an_error_is_its_message_and_its_hint(kind: type[MirrorPolicyError]) -> None:
    """Whoever prints an error says what went wrong and what to do next."""
    assert str(made(kind, "It broke.", "Mend it.")) == "It broke. Mend it."


@pytest.mark.parametrize("kind", ERRORS)
def test_the_text_of_an_error_without_a_hint_is_its_message(
    kind: type[MirrorPolicyError],
) -> None:
    """There is not always something to do."""
    assert str(made(kind, "It broke.", "")) == "It broke."


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_survives_pickling(kind: type[MirrorPolicyError]) -> None:
    """Errors cross processes whole, as with multiprocessing."""
    error = made(kind, "It broke.", "Mend it.")

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes

    assert type(copy) is kind
    assert str(copy) == str(error)
    assert set(vars(copy)) == set(vars(error))


def test_error_names_are_not_names_of_builtins() -> None:
    """`except ConnectionError` must not mean two things."""
    names = {kind.__name__ for kind in ERRORS}

    assert {name for name in names if not name.endswith("Error")} | names & BUILTIN_NAMES == set()


def test_every_error_stands_in_the_drawing_of_the_tree() -> None:
    """The module's docstring is the map."""
    drawn = errors.__doc__ or ""

    assert [kind for kind in ERRORS if kind.__name__ not in drawn or not kind.__doc__] == []


@given(st.sampled_from(ERRORS), st.text(), st.text())
def test_an_error_keeps_message_and_hint_apart(
    kind: type[MirrorPolicyError], message: str, hint: str
) -> None:
    """Programs can show them in two places."""
    error = made(kind, message, hint)

    assert (error.message, error.hint) == (message, hint)
