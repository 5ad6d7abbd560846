"""`endpoints --log`: verdicts joined with the access log of the mirror."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.access_logs import log_line
from support.fake_client import Caller
from support.rollouts import connected

from elastic_mirror_policy import EndpointReport
from elastic_mirror_policy._cli import run
from elastic_mirror_policy.errors import ArtifactError
from elastic_mirror_policy.testing import FakeKibana, Fault

VERSION = "9.4.2"


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Three hosts, 10.0.0.0 to 10.0.0.2, of one policy."""
    with FakeKibana(VERSION) as served:
        served.add_policy("Servers", agents=3)
        yield served


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log in which the first host was given its manifest, and the second was not."""
    file = tmp_path / "access.log"
    file.write_text(
        log_line(VERSION, address="10.0.0.0")
        + log_line(VERSION, address="10.0.0.1", status=404)
        + log_line(VERSION, address="192.0.2.99")
    )
    return file


def report(fake: FakeKibana, *logs: Path) -> EndpointReport:
    """Return the verdicts, joined with logs."""
    with connected(fake) as kibana:
        return kibana.endpoints(logs=logs)


def test_each_endpoint_has_what_the_log_says_of_its_addresses(fake: FakeKibana, log: Path) -> None:
    """Delivered, came in vain, and never came."""
    found = report(fake, log)

    assert sorted(endpoint.delivery for endpoint in found.endpoints) == [
        "delivered",
        "never-came",
        "not-delivered",
    ]
    assert [e.delivery for e in found.endpoints if e.delivered_at] == ["delivered"]
    assert any("1 delivered, 1 never-came, 1 not-delivered" in note for note in found.notes)
    assert any("proxy or NAT" in note for note in found.notes)


@pytest.mark.parametrize("text", ["", "not a line of a log\n" * 3])
def test_a_log_without_a_request_says_of_nobody_that_they_never_came(
    fake: FakeKibana, tmp_path: Path, text: str
) -> None:
    """Nothing was read, so nothing is known."""
    file = tmp_path / "access.log"
    file.write_text(text)
    found = report(fake, file)

    assert {endpoint.delivery for endpoint in found.endpoints} == {""}
    assert "The access log has no request that could be read: it says nothing of who came." in (
        found.notes
    )
    assert any("3 of 3 lines" in note for note in found.notes) == bool(text)


def test_the_verdicts_stay_what_they_are(fake: FakeKibana, log: Path) -> None:
    """What an endpoint runs, and who delivered it, are two questions."""
    with connected(fake) as kibana:
        plain = kibana.endpoints()

    assert [e.verdict for e in report(fake, log).endpoints] == [e.verdict for e in plain.endpoints]
    assert {e.delivery for e in plain.endpoints} == {""}


def test_a_log_that_cannot_be_read_stops_it_before_anything_is_asked(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """It was named on purpose."""
    with pytest.raises(ArtifactError, match="cannot be read"):
        report(fake, tmp_path / "missing.log")

    assert fake.requests == ()


@pytest.mark.parametrize("form", ["text", "json", "csv", "html"])
def test_the_command_shows_it_in_every_format(
    form: str,
    fake: FakeKibana,
    log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The log may be split over several files."""
    monkeypatch.setenv("KIBANA_URL", fake.url)
    monkeypatch.setenv("KIBANA_API_KEY", fake.api_key)
    run(["endpoints", "--log", str(log), "--log", str(log), "--format", form])
    printed = capsys.readouterr().out

    assert "never-came" in printed
    if form == "json":
        states = {endpoint["delivery"] for endpoint in json.loads(printed)["endpoints"]}
        assert states == {"delivered", "never-came", "not-delivered"}


def test_an_agent_whose_addresses_fleet_does_not_list_is_not_judged(
    fake: FakeKibana, log: Path
) -> None:
    """Without addresses nobody can tell whether it came; the others are judged as before."""
    page = Caller(fake).get("/api/fleet/agents").json
    nameless = next(one for one in page["items"] if one["id"] == fake.agent_ids[0])
    del nameless["local_metadata"]["host"]["ip"]
    fake.inject(Fault(method="GET", path="/api/fleet/agents?", times=None, status=200, json=page))

    found = {one.agent_id: one.delivery for one in report(fake, log).endpoints}

    assert found.pop(nameless["id"]) == "address-unknown"
    assert sorted(found.values()) == ["never-came", "not-delivered"]
