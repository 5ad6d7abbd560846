"""On a terminal a bar shows how far it is, on standard error, and goes when the work is done."""

import re
import sys
from collections.abc import Callable

import pytest
from support.commands import Ended, Shell, Terminal
from support.rollouts import MIRROR

from elastic_mirror_policy._fleet import api as _fleet_api
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "a.journal")
ERASED = "\x1b[2K"
VERSION = "9.1.3"

Watch = Callable[..., tuple[Ended, str]]


@pytest.fixture
def watch(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Runs a command line whose standard error is a terminal."""
    shell.set(TERM="xterm-256color", COLUMNS="120", NO_COLOR="1")

    def run(*words: str) -> tuple[Ended, str]:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", terminal)
            ended = shell.run(*words)
        return ended, terminal.getvalue()

    return run


def assert_gone(seen: str) -> None:
    """Check that the last bar was erased, and what came after it did not draw another."""
    shown, erased, after = seen.rpartition(ERASED)

    assert erased
    assert "━" in shown
    assert "━" not in after


@pytest.mark.usefixtures("fake")
def test_a_rollout_shows_how_far_it_is(watch: Watch) -> None:
    """And prints the same report as in a pipe."""
    ended, seen = watch(*APPLY)

    assert "Writing policies" in seen
    assert "0/6" in seen
    assert "6/6" in seen
    assert "\x1b" not in ended.out
    assert "6 succeeded" in ended.out
    assert_gone(seen)


def test_the_bar_of_a_rollout_counts_what_was_not_done(fake: FakeKibana, watch: Watch) -> None:
    """So that nobody waits for the end to learn of it."""
    fake.inject(Fault(method="PUT", nth=2, status=403, json={"message": "Forbidden"}))

    _, seen = watch(*APPLY)

    assert "Writing policies" in seen
    assert "1 not done" in seen


def test_a_rollout_that_is_continued_has_a_bar_of_what_is_left(
    fake: FakeKibana, watch: Watch
) -> None:
    """And none where nothing is left."""
    fake.inject(Fault(method="PUT", nth=2, status=403, json={"message": "Forbidden"}))
    watch(*APPLY)
    ended, first = watch("apply", "--resume", "a.journal", "--yes")
    _, second = watch("apply", "--resume", "a.journal", "--yes")

    assert ended.code == 0
    assert "1/1" in first
    assert "Writing" not in second


@pytest.mark.usefixtures("fake")
def test_looking_at_endpoints_shows_what_is_read(watch: Watch) -> None:
    """Each thing with a bar of its own."""
    ended, seen = watch("endpoints")

    assert "agents" in seen
    assert "policy responses" in seen
    assert "\x1b" not in ended.out
    assert_gone(seen)


@pytest.mark.parametrize(
    ("words", "told"),
    [(("check", "{url}"), "Checking"), (("sync", "mirror", "--upstream", "{url}"), "Fetching")],
)
def test_work_on_a_mirror_shows_artifacts_and_bytes(
    watch: Watch, words: tuple[str, ...], told: str
) -> None:
    """Step by step, the bytes as they come."""
    with FakeArtifactServer.example(VERSION) as upstream:
        named = (word.format(url=upstream.url) for word in words)
        ended, seen = watch("mirror", *named, "--endpoint-version", VERSION)

    assert ended.code == 0
    assert f"{told} manifests" in seen
    assert "1/1" in seen
    assert f"{told} artifacts" in seen
    assert "7/7  90.4/90.4 kB" in seen
    assert "\x1b" not in ended.out
    assert_gone(seen)


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.usefixtures("fake")
def test_waves_are_one_line_that_goes(watch: Watch, *, quiet: bool) -> None:
    """With --quiet there is none, and the result is printed all the same."""
    ended, seen = watch(*APPLY, "--wave", "1", "--wave", "rest", *["--quiet"] * quiet)

    assert ended.code == 0
    assert "6 succeeded" in ended.out
    assert (ERASED in seen) is not quiet
    assert (seen == "") is quiet


@pytest.mark.usefixtures("fake")
def test_waves_are_dated_lines_on_a_terminal_that_cannot_go_back(
    shell: Shell, watch: Watch
) -> None:
    """Somebody waits there, too; no bar, and no line that a bar would leave."""
    shell.set(TERM="dumb")
    ended, seen = watch(*APPLY, "--wave", "1", "--wave", "rest", "--color", "auto")

    assert ended.code == 0
    assert re.search(r"^\d\d:\d\d:\d\d wave 1 of 2: 1 policy, ", seen, re.MULTILINE)
    assert not {"\x1b", "\r"} & set(seen)
    assert "\n\n" not in seen


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize("words", [(), ("--wave", "1", "--wave", "rest")])
def test_a_log_line_stands_above_what_is_drawn(watch: Watch, words: tuple[str, ...]) -> None:
    """And not behind it, where it would stay together with half a bar."""
    _, seen = watch(*APPLY, *words, "-v")
    lines = re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "\n", seen).replace("\r", "\n").splitlines()

    logged = [line for line in lines if " INFO elastic_mirror_policy.rollout: policy " in line]
    assert len(logged) == 6
    assert all(re.match(r"\d{4}-\d\d-\d\dT", line) for line in logged)


MANY = {
    "policies": ("policies",),
    "plan": ("plan", *PLAIN),
    "apply": ("apply", *PLAIN, "--yes", "--journal", "a.journal", "--max-agents", "0"),
    "endpoints": ("endpoints",),
    "doctor": ("doctor",),
}


@pytest.fixture
def many(fake: FakeKibana, monkeypatch: pytest.MonkeyPatch) -> FakeKibana:
    """A Kibana whose policies take several pages."""
    monkeypatch.setattr(_fleet_api, "PER_PAGE", 2)
    return fake


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("name", MANY)
def test_reading_a_long_list_shows_a_bar_that_goes(watch: Watch, name: str) -> None:
    """And is gone before anything else is said."""
    ended, seen = watch(*MANY[name])
    drawn, erased, _ = seen.rpartition("Reading policies")[2].partition(ERASED)

    assert "4/6" in drawn
    assert "Kibana" not in drawn
    assert erased
    assert "Reading policies" not in ended.out


def test_a_bar_goes_when_reading_ends_in_an_error(many: FakeKibana, watch: Watch) -> None:
    """The error has a line of its own."""
    fault = Fault(path="/package_policies", nth=3, status=403, json={"message": "no"}, times=None)
    many.inject(fault)

    _, seen = watch("policies")
    drawn, erased, after = seen.rpartition(ERASED)

    assert "Reading policies" in drawn
    assert erased
    assert "Error: GET " in after


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("word", ["--quiet", "--format=json"])
def test_no_bar_is_shown_with_quiet_or_where_json_is_printed(watch: Watch, word: str) -> None:
    """Nor in a pipe."""
    assert "Reading" not in watch("policies", word)[1]


@pytest.mark.usefixtures("many")
def test_no_bar_is_shown_in_a_pipe(shell: Shell) -> None:
    """Somebody may keep what is said there."""
    assert "Reading" not in shell.run("policies").err
