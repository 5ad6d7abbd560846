"""Results go to standard output and nothing else does; everything else to standard error."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.commands import Ended, Shell
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "a.journal")
ASKING = {
    "policies": ("policies",),
    "plan": ("plan", *PLAIN),
    "apply": ("apply", *PLAIN),
    "apply --yes": APPLY,
    "endpoints": ("endpoints",),
}


@pytest.mark.parametrize("name", ASKING)
def test_the_banner_names_kibana_version_and_space_on_standard_error(
    shell: Shell, fake: FakeKibana, name: str
) -> None:
    """So that nobody writes to another Kibana than was meant."""
    ended = shell.run(*ASKING[name], "--space", "emea")

    assert ended.err.splitlines()[0] == f"Kibana {fake.url}, version 9.4.2, space emea"
    assert ended.err.splitlines()[0] not in ended.out.splitlines()


@pytest.mark.parametrize("name", ASKING)
def test_a_kibana_that_is_not_well_by_its_own_status_is_said(
    shell: Shell, fake: FakeKibana, name: str
) -> None:
    """The work goes on, as Fleet answers; --quiet leaves it out like the banner."""
    unwell = {"version": {"number": "9.4.2"}, "status": {"overall": {"level": "unavailable"}}}
    fake.inject(Fault(path="/api/status", status=503, json=unwell, times=None))
    said = "Kibana reports its own status as unavailable; Fleet answers all the same."

    assert said in shell.run(*ASKING[name]).err.splitlines()
    (shell.folder / "a.journal").unlink(missing_ok=True)
    assert said not in shell.run(*ASKING[name], "-q").err


@pytest.mark.parametrize("name", ASKING)
def test_the_banner_names_several_spaces(shell: Shell, fake: FakeKibana, name: str) -> None:
    """All that were asked."""
    ended = shell.run(*ASKING[name], "--all-spaces")

    assert ended.err.splitlines()[0] == f"Kibana {fake.url}, version 9.4.2, spaces default, emea"


@pytest.mark.parametrize("name", [*ASKING, "doctor"])
def test_json_stands_alone_on_standard_output(shell: Shell, fake: FakeKibana, name: str) -> None:
    """Also when there is much to say besides: warnings, logs, a journal."""
    fake.edit(fake.policy_ids[0], "inputs", [])
    fake.inject(Fault(path="package_policies", status=503, text="busy"))
    words = ASKING.get(name, (name,))

    ended = shell.run(*words, "--format", "json", "-vv")

    assert isinstance(ended.json, dict)
    assert "WARNING" in ended.err


def test_what_a_journal_has_left_is_shown_as_the_plan_it_has(
    shell: Shell, fake: FakeKibana
) -> None:
    """In JSON, before anything is written again."""
    fake.inject(Fault(method="PUT", nth=3, status=403, json={"message": "Forbidden"}))
    shell.run(*APPLY)

    ended = shell.run("apply", "--resume", "a.journal", "--format", "json")

    assert ended.code == 2
    assert ended.json["kind"] == "plan"
    assert len(ended.json["changes"]) == 6


def test_names_that_may_not_be_read_are_noted_beside_the_list(
    shell: Shell, fake: FakeKibana
) -> None:
    """The list itself is as long as ever."""
    shell.set(KIBANA_API_KEY=fake.key_for("defend"))

    ended = shell.run("policies", "--format", "json")

    assert len(ended.json["policies"]) == 6
    assert "may not read agent policies" in ended.err


def test_waiting_for_endpoints_tells_how_far_they_are(shell: Shell) -> None:
    """On standard error, with the time, when a look is news; the last one is the result."""
    with FakeKibana() as fake, FakeArtifactServer.example(fake.version) as mirror:
        shell.talk_to(fake)
        fake.set_clock(datetime.now(UTC))
        fake.add_policy("Servers", agents=2, mirror=mirror.url)
        fake.before("GET", "/api/endpoint/metadata", 3, lambda: fake.fetch_artifacts(mirror))
        ended = shell.run("endpoints", "--wait", "60s", "--interval", "0s", "--format", "json")

    assert ended.code == 0
    told = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in ended.err.splitlines()[1:]]
    assert told == ["not yet: 2 ahead; looking again"]
    assert [one["verdict"] for one in ended.json["endpoints"]] == ["current", "current"]


def test_with_yes_the_report_stands_alone(shell: Shell, fake: FakeKibana) -> None:
    """In every format but text, where the plan comes first."""
    report = shell.run(*APPLY, "--format", "json")
    undo = shell.run("rollback", "a.journal", "--yes", "--journal", "b.journal")

    assert report.json["kind"] == "report"
    assert undo.out.startswith(f"Rollback plan: Kibana {fake.url}")
    assert f"\nReport: Kibana {fake.url}, version 9.4.2, space default, journal b." in undo.out


@pytest.mark.usefixtures("fake")
def test_the_journal_is_named_before_anything_is_written(shell: Shell) -> None:
    """On standard error, whether or not it was given a name."""
    given = shell.run(*APPLY)
    made_up = shell.run("rollback", "a.journal", "--yes")
    (name,) = [one for one in shell.files if one.startswith("rollback-")]

    assert "Journal: a.journal" in given.err.splitlines()
    assert f"Journal: {name}" in made_up.err.splitlines()


@pytest.mark.usefixtures("fake")
def test_a_journal_that_is_never_made_is_not_named(shell: Shell) -> None:
    """What a guard refuses has none."""
    ended = shell.run(*APPLY, "--max-policies", "1")

    assert ended.code == 1
    assert "max-policies" in ended.err
    assert "Journal:" not in ended.err
    assert "a.journal" not in shell.files


@pytest.mark.parametrize("form", ["text", "markdown", "diff", "json"])
@pytest.mark.usefixtures("fake")
def test_a_plan_can_be_printed_in_four_ways(shell: Shell, form: str) -> None:
    """Each says what changes; JSON and diff leave refusals to standard error."""
    ended = shell.run("plan", *PLAIN, "--format", form, "--max-policies", "1")
    where = ended.out if form in {"text", "markdown"} else ended.err

    assert ended.code == 2
    assert MIRROR in ended.out
    assert "6 policies would change" in where


@pytest.mark.usefixtures("fake")
def test_policies_can_be_printed_as_rules(shell: Shell) -> None:
    """Which then have nothing to do."""
    rules = shell.run("policies", "--format", "toml")
    (shell.folder / "rules.toml").write_text(rules.out)
    ended = shell.run("plan", "--rules", "rules.toml")

    assert ended.code == 0
    assert "Nothing to change." in ended.out


def log_of(ended: Ended) -> list[str]:
    """Return the lines of the log."""
    return [line for line in ended.err.splitlines() if " elastic_mirror_policy" in line]


def test_v_says_more_and_vv_says_every_request(shell: Shell, fake: FakeKibana) -> None:
    """With method, path, status and time; never with credentials."""
    quiet = shell.run("plan", *PLAIN)
    fake.inject(Fault(path="package_policies", status=503, text="busy"))
    some = shell.run("plan", *PLAIN, "-v")
    much = shell.run("plan", *PLAIN, "-vv")

    assert log_of(quiet) == []
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert [
        re.match(f"{stamp} {level} ", line) is not None
        for line, level in zip(log_of(some), ("WARNING", "INFO"), strict=True)
    ] == [True, True]
    assert len([line for line in log_of(much) if line.split()[1] == "DEBUG"]) == 3
    assert all(fake.api_key not in line for line in log_of(much))


def test_logging_does_not_pile_up(shell: Shell, fake: FakeKibana) -> None:
    """Each run in one process has its own."""
    shell.run("plan", *PLAIN, "-vv")
    second = shell.run("plan", *PLAIN, "-vv")
    third = shell.run("plan", *PLAIN)

    assert len(log_of(second)) == 4
    assert log_of(third) == []
    assert fake.requests


def test_every_variable_has_an_option_that_wins(shell: Shell, tmp_path: Path) -> None:
    """URL, key and space."""
    (tmp_path / "key").write_text("wrong\n")
    with FakeKibana.example() as fake, FakeKibana.example("9.5.0") as other:
        shell.talk_to(other)
        shell.set(KIBANA_SPACE="emea")
        (tmp_path / "key").write_text(f"{fake.api_key}\n")
        words = ("--kibana-url", fake.url, "--api-key-file", str(tmp_path / "key"))
        ended = shell.run("plan", *PLAIN, *words, "--space", "default", "--format", "json")
        expected = {"url": fake.url, "version": "9.4.2", "spaces": ["default"]}

    assert ended.json["kibana"] == expected
    assert other.requests == ()


@pytest.mark.parametrize(
    ("names", "value"),
    [
        (("KIBANA_URL", "KIBANA_ENDPOINT"), "url"),
        (("KIBANA_API_KEY",), "api_key"),
        (("KIBANA_SPACE",), "space"),
    ],
)
def test_the_documented_variables_are_read(
    shell: Shell, fake: FakeKibana, names: tuple[str, ...], value: str
) -> None:
    """Under each of their names; an empty one does not count."""
    content = {"url": fake.url, "api_key": fake.api_key, "space": "emea"}[value]
    for name in names:
        shell.set(**dict.fromkeys(names, ""))
        shell.set(**{name: content})
        ended = shell.run("plan", *PLAIN, "--format", "json")

        assert ended.code == 2
        assert ended.json["kibana"]["url"] == fake.url
        assert value != "space" or ended.json["kibana"]["spaces"] == ["emea"]


def test_a_user_and_a_password_do_as_well(shell: Shell, fake: FakeKibana) -> None:
    """From the environment, or the password from a file or standard input."""
    shell.set(KIBANA_API_KEY=None, KIBANA_USERNAME=fake.username, KIBANA_PASSWORD=fake.password)
    from_environment = shell.run("policies")
    shell.set(KIBANA_USERNAME=None, KIBANA_PASSWORD=None)
    shell.type(f"{fake.password}\n")
    from_input = shell.run("policies", "--username", fake.username, "--password-file", "-")

    assert (from_environment.code, from_input.code) == (0, 0)
    assert from_environment.out == from_input.out
