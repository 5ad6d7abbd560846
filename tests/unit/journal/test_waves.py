"""What a journal says of the waves and gates of its rollout."""

import pytest

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.journal.waves import GateAnswer, Health, WaveOutcome, told_waves


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([{"phase": "wave", "number": "1", "policies": ["a"]}], ()),
        ([{"phase": "gate", "number": True, "answer": {"health": "healthy"}}], ()),
        ([{"phase": "stopped", "number": 1}], ()),
        ([{"phase": "wave", "number": 1, "policies": "a"}], (WaveOutcome(1, ()),)),
        (
            [
                {"phase": "wave", "number": 1, "policies": ["a", 5]},
                {"phase": "of a later release", "number": 1},
                {"phase": "gate", "number": 1, "answer": {"health": "healthy"}},
            ],
            (WaveOutcome(1, ("a",), GateAnswer(Health.HEALTHY, "")),),
        ),
    ],
)
def test_only_waves_and_gates_with_a_number_are_told(
    events: list[dict[str, JsonValue]], told: tuple[WaveOutcome, ...]
) -> None:
    """Other lines of a journal are passed over, as those of a later release must be."""
    assert told_waves(events) == told
