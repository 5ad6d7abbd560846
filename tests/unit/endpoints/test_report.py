"""A report about endpoints: its counts, its exit code, its age, its JSON."""

import json

import pytest
from support.endpoints import NOW, endpoint, report

from elastic_mirror_policy.endpoints.read import DataAge, EndpointReport, MirrorManifest, Verdict

BAD = sorted(set(Verdict) - {Verdict.CURRENT, Verdict.UNKNOWN})


def test_all_current_is_0() -> None:
    """The only way to get it."""
    found = report(endpoint(), endpoint(agent_id="agent-2"))

    assert found.exit_code == 0
    assert found.ok


@pytest.mark.parametrize("verdict", BAD)
def test_anything_else_is_2(verdict: Verdict) -> None:
    """Offline and pinned ones, too: they are not current."""
    found = report(endpoint(), endpoint(verdict), endpoint("unknown"))

    assert found.exit_code == 2
    assert not found.ok


def test_no_endpoint_is_1() -> None:
    """Nothing was seen, so nothing is proven."""
    assert report().exit_code == 1


def test_unknown_ones_are_1() -> None:
    """It could not be determined."""
    assert report(endpoint(), endpoint("unknown")).exit_code == 1


def test_something_left_out_is_1() -> None:
    """What was not looked at may be anything."""
    assert report(endpoint(), complete=False).exit_code == 1


@pytest.mark.parametrize("verdict", ["current", "behind", "unknown"])
def test_where_something_was_left_out_it_could_not_be_told(verdict: str) -> None:
    """Whatever was found of the rest."""
    assert report(endpoint(verdict), complete=False).exit_code == 1


def test_the_summary_counts_every_verdict() -> None:
    """Those that nobody has, too, so that a script can rely on the key."""
    found = report(endpoint(), endpoint("behind"), endpoint("behind"))

    assert found.summary == {verdict.value: 0 for verdict in Verdict} | {"current": 1, "behind": 2}


def test_the_age_is_that_of_the_reports() -> None:
    """The newest, the middle, the oldest; those without a time do not count."""
    ages = (60, 120, 6000, None)
    found = report(
        *(endpoint(reported_at=None if age is None else NOW.timestamp() - age) for age in ages)
    )

    assert found.data_age == DataAge(60, 120, 6000)


def test_a_report_from_the_future_is_new() -> None:
    """Clocks differ."""
    assert report(endpoint(reported_at=NOW.timestamp() + 99)).data_age == DataAge(0, 0, 0)


def test_without_reports_there_is_no_age() -> None:
    """It is null, not zero."""
    found = report(endpoint("no-document", reported_at=None))

    assert found.data_age == DataAge()


FULL = report(
    endpoint(proof="artifacts"),
    endpoint("no-document", agent_id="agent-2", reported_at=None, manifest_version="", os=""),
    mirrors=(
        MirrorManifest("https://mirror.example", "9.4.2", "1.0.260", NOW.timestamp()),
        MirrorManifest("https://mirror.example", "9.5.0", problem="there is none"),
    ),
    notes=("A note.",),
    requests=7,
)


def test_the_json_is_that_of_the_contract() -> None:
    """Kind, version, counts and one object for each endpoint; what is not known is null."""
    document = FULL.to_dict()
    first, second = document.pop("endpoints")
    counts = document.pop("summary")

    assert document == {
        "schema_version": 1,
        "kind": "endpoint-report",
        "kibana": None,
        "source": "Kibana",
        "window": "30d",
        "read_at": "2026-02-01T12:00:00Z",
        "data_age": {"newest_seconds": 3600, "median_seconds": 3600, "oldest_seconds": 3600},
        "complete": True,
        "requests": 7,
        "mirrors": [
            {
                "mirror": "https://mirror.example",
                "endpoint_version": "9.4.2",
                "manifest_version": "1.0.260",
                "published_at": "2026-02-01T12:00:00Z",
                "modified_at": None,
                "problem": None,
            },
            {
                "mirror": "https://mirror.example",
                "endpoint_version": "9.5.0",
                "manifest_version": None,
                "published_at": None,
                "modified_at": None,
                "problem": "there is none",
            },
        ],
        "notes": ["A note."],
    }
    assert counts["current"] == counts["no-document"] == 1
    assert first == {
        "agent_id": "agent-1",
        "hostname": "host-1",
        "policy_id": "id-servers",
        "policy_name": "Servers",
        "os": "linux",
        "status": "online",
        "endpoint_version": "9.4.2",
        "verdict": "current",
        "detail": None,
        "proof": "artifacts",
        "hashes_listed": 0,
        "hashes_compared": 0,
        "manifest_version": "1.0.260",
        "mirror": "https://mirror.example",
        "mirror_version": "1.0.260",
        "revision": 3,
        "expected_revision": 3,
        "reported_at": "2026-02-01T11:00:00Z",
        "download_status": None,
        "download_message": None,
        "delivery": None,
        "delivery_detail": None,
        "delivered_at": None,
    }
    assert (second["reported_at"], second["manifest_version"], second["os"]) == (None, None, None)


@pytest.mark.parametrize("found", [FULL, report()], ids=["full", "empty"])
def test_the_json_in_pieces_is_the_same(found: EndpointReport) -> None:
    """A hundred thousand endpoints need not be held as text and as values."""
    pairs = json.loads("".join(found.json_parts()), object_pairs_hook=list)

    assert [key for key, _ in pairs] == list(found.to_dict())
    assert json.loads(found.to_json()) == found.to_dict()
