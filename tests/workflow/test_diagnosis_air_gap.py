"""`doctor --air-gap`: what was seen, what it means, what to set; nothing is written."""

import json

import pytest
from support.rollouts import commit_counts, connected

from elastic_mirror_policy._cli import run
from elastic_mirror_policy.airgap import AirGapRow, RowState
from elastic_mirror_policy.airgap.read import MOST_MIRRORS
from elastic_mirror_policy.policies import ALL_SPACES, Spaces
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault
from elastic_mirror_policy.testing.artifact_server import ETagStyle

VERSION = "9.4.2"


def rows(fake: FakeKibana, *faults: Fault, spaces: Spaces = None) -> dict[str, AirGapRow]:
    """Return what is seen of a fake that is served already."""
    for fault in faults:
        fake.inject(fault)
    with connected(fake, spaces=spaces) as kibana:
        return {row.name: row for row in kibana.examine(air_gap=True).air_gap}


def quiet(fake: FakeKibana) -> None:
    """Switch off every call to Elastic's cloud."""
    for policy_id in fake.policy_ids:
        for system in ("linux", "mac", "windows"):
            fake.edit(policy_id, f"{system}.advanced.alerts.cloud_lookup", "false")
            fake.edit(policy_id, f"{system}.advanced.alerts.sample_collection", "false")
            fake.edit(policy_id, f"{system}.behavior_protection.reputation_service", value=False)


def pointed_at(fake: FakeKibana, url: str) -> None:
    """Give every policy a mirror, as an operator did long ago."""
    for policy_id in fake.policy_ids:
        for system in ("linux", "mac", "windows"):
            fake.edit(policy_id, f"{system}.advanced.artifacts.global.base_url", url)


def test_a_network_where_all_is_right_has_no_problem() -> None:
    """Plain http alone is none."""
    with FakeKibana.example(VERSION) as fake, FakeArtifactServer.example(VERSION) as mirror:
        pointed_at(fake, mirror.url)
        quiet(fake)
        fake.set_download_source("https://files.corp/downloads/")
        before = commit_counts(fake)
        found = rows(fake)

        assert {row.state for row in found.values()} == {RowState.OK}
        assert "plain http" in found[f"mirror {mirror.url}"].seen
        assert commit_counts(fake) == before
        assert not [request for request in fake.requests if request.method not in {"GET", "PUT"}]


@pytest.mark.parametrize(
    ("name", "seen", "advice"),
    [
        ("agent binaries", "artifacts.elastic.co", "Add a source"),
        ("base URL", "No mirror is named", "apply --base-url"),
        ("calls to Elastic's cloud", "cloud_lookup", "false"),
        ("next upgrade", f"manifest of {VERSION}", ""),
    ],
)
def test_a_network_as_it_comes_has_problems_with_advice(name: str, seen: str, advice: str) -> None:
    """Each row says what to set, and where."""
    with FakeKibana.example(VERSION) as fake:
        row = rows(fake)[name]

    assert seen in row.seen
    assert advice in row.advice
    assert row.where


def test_a_mirror_without_a_good_etag_is_a_problem() -> None:
    """Endpoints never update from it."""
    with FakeKibana.example(VERSION) as fake, FakeArtifactServer.example(VERSION) as mirror:
        mirror.etag_style = ETagStyle.DASHED
        pointed_at(fake, mirror.url)

        assert rows(fake)[f"mirror {mirror.url}"].state is RowState.PROBLEM


def test_a_mirror_without_the_version_of_kibana_is_a_problem_for_the_next_upgrade() -> None:
    """The agents' version is there, so nothing is broken yet."""
    with FakeKibana("9.5.0") as fake, FakeArtifactServer.example(VERSION) as mirror:
        fake.add_policy("alpha", agents=0)
        fake.enrol(fake.add_agent_policy("hosts"), version=VERSION)
        pointed_at(fake, mirror.url)
        row = rows(fake)["next upgrade"]

    assert row.state is RowState.PROBLEM
    assert "mirror sync DIR --endpoint-version 9.5.0" in row.advice


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/fleet/agent_download_sources", "agent binaries"),
        ("/api/fleet/epm/packages/endpoint", "package registry"),
        ("/api/fleet/agents", "versions"),
    ],
)
def test_what_may_not_be_read_is_not_seen(path: str, name: str) -> None:
    """It is neither good nor bad, and the exit code says that it is not known."""
    refused = Fault(path=path, status=403, json={"message": "Forbidden"}, times=None)
    with FakeKibana.example(VERSION) as fake:
        row = rows(fake, refused)[name]

    assert row.state is RowState.NOT_SEEN


def test_a_kibana_that_is_down_has_no_rows() -> None:
    """The connection is the problem then."""
    with FakeKibana.example(VERSION) as fake:
        fake.inject(Fault(drop="before", times=None))
        with connected(fake) as kibana:
            found = kibana.examine(air_gap=True)

    assert found.air_gap == ()
    assert found.exit_code == 1


def test_a_mirror_that_cannot_be_reached_is_not_seen() -> None:
    """Endpoints may reach it by a way that is not ours."""
    with FakeKibana.example(VERSION) as fake:
        pointed_at(fake, "http://127.0.0.1:9")
        found = rows(fake)

    assert found["mirror http://127.0.0.1:9"].state is RowState.NOT_SEEN
    assert found["next upgrade"].state is RowState.NOT_SEEN


def test_policies_of_a_space_that_may_not_be_read_are_not_seen() -> None:
    """Nothing is said of the others either: the whole was not looked at."""
    refused = Fault(path="/s/emea/api/fleet/package_policies", status=403, json={}, times=None)
    with FakeKibana.example(VERSION) as fake:
        found = rows(fake, refused, spaces=["default", "emea"])

    assert found["policies"].state is RowState.NOT_SEEN
    assert list(found) == ["package registry", "agent binaries", "policies"]


def test_without_a_visible_space_nothing_was_checked() -> None:
    """Of all spaces none can be seen."""
    with FakeKibana.example(VERSION) as fake:
        found = rows(
            fake,
            Fault(path="/api/spaces/space", status=200, json=[], times=None),
            spaces=ALL_SPACES,
        )

    assert list(found) == ["spaces"]
    assert found["spaces"].state is RowState.NOT_SEEN
    assert "may not see any space" in found["spaces"].seen


def test_a_policy_that_two_spaces_list_is_one() -> None:
    """Where policies do not belong to spaces, every space lists all of them."""
    with FakeKibana(VERSION, space_aware=False) as fake:
        fake.add_space("emea")
        fake.add_policy("alpha")
        found = rows(fake, spaces=["default", "emea"])

    assert found["policies"].seen == "1 Elastic Defend policies were read."


def test_a_mirror_with_a_password_is_not_asked_and_not_shown() -> None:
    """Nor the user's name: the row says only that it has them."""
    with FakeKibana.example(VERSION) as fake:
        pointed_at(fake, "https://someone:hunter2@mirror.example")
        found = rows(fake)

    row = found["mirror <a URL with credentials, not shown>"]
    assert (row.state, row.meaning) == (RowState.NOT_SEEN, "It was not asked.")
    assert "hunter2" not in str(found)
    assert "someone" not in str(found)


def test_more_mirrors_than_are_asked_are_counted() -> None:
    """None of the rest is called good."""
    with FakeKibana(VERSION) as fake:
        for number in range(MOST_MIRRORS + 2):
            fake.add_policy(f"p{number}", agents=0, mirror=f"ftp://mirror-{number}.example")
        row = rows(fake)["more mirrors"]

    assert (row.state, row.seen) == (RowState.NOT_SEEN, "2 more base URLs were not asked.")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_the_command_shows_the_rows_in_every_format(
    form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the exit code of `doctor`."""
    with FakeKibana.example(VERSION) as fake:
        monkeypatch.setenv("KIBANA_URL", fake.url)
        monkeypatch.setenv("KIBANA_API_KEY", fake.api_key)
        code = run(["doctor", "--air-gap", "--format", form])
    printed = capsys.readouterr().out

    assert code == 2
    assert "agent binaries" in printed
    if form == "json":
        assert {row["state"] for row in json.loads(printed)["rows"]} <= {*RowState}
