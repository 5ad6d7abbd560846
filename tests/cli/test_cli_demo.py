"""The demo: alone with its own servers, until it is over or somebody ends it."""

import os
import signal
import threading
from collections.abc import Iterator
from signal import SIGINT, SIGTERM

import pytest
from support.commands import PATIENCE, Shell

from elastic_mirror_policy import Kibana
from elastic_mirror_policy._cli import tour
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Let signals mean afterwards what they meant before."""
    before = {number: signal.getsignal(number) for number in (SIGINT, SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_the_demo_asks_no_kibana_but_its_own(shell: Shell, fake: FakeKibana) -> None:
    """Whatever the environment names; that is as it was when it is over."""
    shell.set(KIBANA_SPACE="nowhere", ELASTICSEARCH_URL="http://127.0.0.1:9")
    before = dict(os.environ)

    ended = shell.run("demo")

    assert ended.code == 0
    assert fake.requests == ()
    assert dict(os.environ) == before


@pytest.mark.usefixtures("fake")
def test_the_demo_shows_one_cause_and_ends_with_what_to_do_next(shell: Shell) -> None:
    """What the check finds is what keeps policies from following."""
    shown = shell.run("demo").out
    bad, _, rest = shown.partition("# A mirror goes bad")[2].partition("\n\n# So ")

    assert "etag-dashed" in bad
    assert "ETag has a dash" in " ".join(rest.split())
    assert "404" not in rest
    last = rest.partition("\n\n# That was all")[2]
    assert "Nothing real was touched" in last
    assert max(map(len, last.splitlines())) <= 80


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_the_demo_serves_until_somebody_ends_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """What it prints is all that is needed to talk to it."""
    told: list[str] = []
    seen: list[str] = []
    monkeypatch.setattr(tour, "show", told.append)

    def say(line: str) -> None:
        told.append(line)
        if line == "Ctrl-C ends it.":
            exported = dict(line.removeprefix("export ").split("=", 1) for line in told[:2])
            with Kibana(exported["KIBANA_URL"], api_key=exported["KIBANA_API_KEY"]) as kibana:
                seen.extend(policy.name for policy in kibana.inventory().policies)
            signal.raise_signal(number)

    monkeypatch.setattr(tour, "say", say)

    ended = shell.run("demo", "--serve")

    assert ended.code == 0
    assert len(seen) == 6
    assert any(line.startswith("A mirror for this Kibana's agents: http://") for line in told)


def test_the_agents_of_the_demo_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take policies and artifacts again and again, and stop when it is over."""
    monkeypatch.setattr(tour, "TICK", 0.0)
    kibana = FakeKibana.example()
    looks = threading.Semaphore(0)
    fetch = kibana.fetch_artifacts

    def fetched(mirror: FakeArtifactServer) -> None:
        fetch(mirror)
        looks.release()

    monkeypatch.setattr(kibana, "fetch_artifacts", fetched)
    before = threading.active_count()

    with FakeArtifactServer.example(kibana.version) as mirror:
        running = threading.active_count()
        with tour.living_agents(kibana, mirror):
            again = [looks.acquire(timeout=PATIENCE) for _ in range(2)]
        left = threading.active_count()

    assert again == [True, True]
    assert running > before
    assert left == running
