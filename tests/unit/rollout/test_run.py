"""What a run tells whoever watches it."""

from typing import cast

from elastic_mirror_policy._fleet.api import Fleet
from elastic_mirror_policy.journal.writer import JournalWriter
from elastic_mirror_policy.rollout.events import RolloutEvent, StopAsked
from elastic_mirror_policy.rollout.interrupt import StopFlag
from elastic_mirror_policy.rollout.run import INTERRUPTED, ApplyOptions, Run


def test_a_request_to_stop_is_told_once() -> None:
    """However often somebody looks while the last write takes its time."""
    told: list[RolloutEvent] = []
    stop = StopFlag()
    run = Run(
        cast("Fleet", None),
        cast("JournalWriter", None),
        ApplyOptions(),
        stop=stop,
        sleep=lambda _: None,
        watch=told.append,
    )

    run.tell_stop()
    assert told == []
    stop.set()
    run.tell_stop()
    run.tell_stop()

    assert told == [StopAsked(INTERRUPTED)]
