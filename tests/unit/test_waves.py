"""Waves: which sizes there are, and how changes are cut by them."""

import pytest

from elastic_mirror_policy import ConfigurationError, Wave
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.journal.waves import ToldWave, told_waves
from elastic_mirror_policy.rollout.staging import Staging


@pytest.mark.parametrize("text", ["0", "0%", "101%", "-1", "1.5", "half", "", "%", "10 %", "1e3"])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    """A wave of nothing would pass its gate with nothing written."""
    with pytest.raises(ConfigurationError, match="is not a wave") as caught:
        Wave(text)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "of", "size"),
    [
        ("1", 10, 1),
        (" 25 ", 10, 25),
        ("10%", 187, 19),
        ("100%", 3, 3),
        ("1%", 1, 1),
        ("REST", 7, 7),
    ],
)
def test_a_share_is_rounded_up_and_the_rest_is_everything(text: str, of: int, size: int) -> None:
    """So that the smallest share of the smallest estate is one policy."""
    assert Wave(text).size(of=of) == size


def test_an_unhealthy_wave_stops_a_rollout_or_undoes_it() -> None:
    """Anything else is a slip, and would be found out too late."""
    with pytest.raises(ConfigurationError, match='"stop" or "rollback", not \'ignore\''):
        Staging(on_unhealthy="ignore")


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([{"phase": "wave", "number": "1", "policies": ["a"]}], ()),
        ([{"phase": "gate", "number": True, "answer": {"health": "healthy"}}], ()),
        ([{"phase": "stopped", "number": 1}], ()),
        ([{"phase": "wave", "number": 1, "policies": "a"}], (ToldWave(1),)),
        (
            [
                {"phase": "wave", "number": 1, "policies": ["a", 5]},
                {"phase": "of a later release", "number": 1},
                {"phase": "gate", "number": 1, "answer": {"health": "healthy"}},
            ],
            (ToldWave(1, ("a",), {"health": "healthy"}),),
        ),
    ],
)
def test_only_waves_and_gates_with_a_number_are_told(
    events: list[dict[str, JsonValue]], told: tuple[ToldWave, ...]
) -> None:
    """Other lines of a journal are passed over, as those of a later release must be."""
    assert told_waves(events) == told
