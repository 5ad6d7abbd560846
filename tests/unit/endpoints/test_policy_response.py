"""What Fleet and endpoints say is read with care: anything may be missing or of another kind."""

import copy
from typing import Any

import pytest

from elastic_mirror_policy._json import JsonValue, number
from elastic_mirror_policy.endpoints.policy_response import (
    INITIAL_POLICY,
    AgentFacts,
    GlobalArtifacts,
    PolicyResponse,
    Trouble,
    artifact_trouble,
    policy_system,
    read_agent,
    read_policy_response,
)

DOCUMENT: JsonValue = {
    "@timestamp": "2026-02-01T12:00:00.1234567Z",
    "event": {"created": "2026-02-01T11:00:00Z"},
    "agent": {"id": "agent-1", "version": "9.4.2"},
    "host": {"os": {"type": "macos"}},
    "Endpoint": {
        "policy": {
            "applied": {
                "id": "policy-1",
                "status": "success",
                "version": "12",
                "endpoint_policy_version": "10",
                "artifacts": {
                    "global": {
                        "version": "1.0.260",
                        "snapshot": "latest",
                        "identifiers": [{"name": "one", "sha256": "AB" * 32}],
                    }
                },
            }
        }
    },
}
FLEET: JsonValue = {
    "id": "agent-1",
    "policy_id": "agent-policy-1#9.4",
    "status": "online",
    "agent": {"id": "agent-1", "version": "9.4.2"},
    "local_metadata": {
        "host": {"hostname": "host-1"},
        "os": {"platform": "ubuntu"},
        "elastic": {"agent": {"version": "9.4.1"}},
    },
}


def without(path: str, document: JsonValue = DOCUMENT) -> JsonValue:
    """Return the document without one of its parts."""
    return having(path, None, document)


def having(path: str, value: JsonValue, document: JsonValue = DOCUMENT) -> JsonValue:
    """Return the document with another value in one place; None takes it away."""
    changed = copy.deepcopy(document)
    *steps, last = path.split("/")
    place = changed
    for step in steps:
        place = place[step]
    place[last] = value
    if value is None:
        del place[last]
    return changed


def read(document: JsonValue) -> PolicyResponse:
    """Return what a document says that is not of the initial policy."""
    found = read_policy_response(document)
    assert found is not None
    return found


def test_a_policy_response_is_read() -> None:
    """Revisions become numbers, `macos` becomes `mac`, hashes become lower case."""
    assert read(DOCUMENT) == PolicyResponse(
        agent_id="agent-1",
        version="9.4.2",
        system="mac",
        policy_id="policy-1",
        revision=10,
        status="success",
        reported_at=1769943600.0,
        artifacts=GlobalArtifacts("1.0.260", "latest", (("one", "ab" * 32),)),
    )


def test_the_initial_policy_is_left_out() -> None:
    """Every endpoint runs it before it has any."""
    assert read_policy_response(having("Endpoint/policy/applied/id", INITIAL_POLICY)) is None


@pytest.mark.parametrize("value", [None, 7, "text", [], {}, [1, {"name": "one"}], True])
@pytest.mark.parametrize(
    "path",
    [
        "@timestamp",
        "event",
        "agent",
        "host",
        "Endpoint",
        "Endpoint/policy",
        "Endpoint/policy/applied",
        "Endpoint/policy/applied/id",
        "Endpoint/policy/applied/status",
        "Endpoint/policy/applied/endpoint_policy_version",
        "Endpoint/policy/applied/artifacts",
        "Endpoint/policy/applied/artifacts/global",
        "Endpoint/policy/applied/artifacts/global/version",
        "Endpoint/policy/applied/artifacts/global/snapshot",
        "Endpoint/policy/applied/artifacts/global/identifiers",
    ],
)
def test_a_part_of_another_kind_is_no_error(path: str, value: JsonValue) -> None:
    """It is as if it were not there."""
    assert isinstance(read(having(path, value)), PolicyResponse)


@pytest.mark.parametrize("document", [None, 7, "text", [], [DOCUMENT]])
def test_no_document_at_all_is_none(document: JsonValue) -> None:
    """As when there is none."""
    assert read_policy_response(document) is None


def test_an_empty_document_says_nothing() -> None:
    """It belongs to nobody."""
    assert read({}) == PolicyResponse(agent_id="")


def test_artifacts_that_could_not_be_loaded_are_empty() -> None:
    """The list is left out then (kibana#237493)."""
    found = read(without("Endpoint/policy/applied/artifacts/global/identifiers"))

    assert found.artifacts == GlobalArtifacts("1.0.260", "latest", ())


def test_absent_artifacts_are_none() -> None:
    """There is nothing about them at all."""
    assert read(without("Endpoint/policy/applied/artifacts")).artifacts is None


def test_the_time_of_the_event_counts_before_that_of_the_document() -> None:
    """Kibana looks for the newest by it, too."""
    assert read(without("event")).reported_at == pytest.approx(1769947200.1, abs=0.1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("10", 10), (10, 10), ("0", 0), ("", None), ("1.5", None), ("x", None), (None, None)],
)
def test_a_revision_is_a_number(value: JsonValue, expected: int | None) -> None:
    """Documents carry it as text."""
    assert number(value) == expected


@pytest.mark.parametrize("value", [True, 1.5, "٣", "9" * 19, [], {}])
def test_what_is_no_revision_is_none(value: JsonValue) -> None:
    """Neither truth nor digits of other scripts, nor more than a number can have."""
    assert number(value) is None


@pytest.mark.parametrize(
    ("name", "system"),
    [
        ("macos", "mac"),
        ("darwin", "mac"),
        ("windows", "windows"),
        ("linux", "linux"),
        ("ubuntu", "linux"),
        ("rhel", "linux"),
        ("", ""),
    ],
)
def test_an_operating_system_is_named_as_policies_do(name: str, system: str) -> None:
    """Fleet names the distribution, endpoints say `macos`."""
    assert policy_system(name) == system


def test_an_agent_is_read() -> None:
    """The version its agent policy was made for is cut off."""
    assert read_agent(FLEET, "emea") == AgentFacts(
        agent_id="agent-1",
        hostname="host-1",
        agent_policy="agent-policy-1",
        status="online",
        version="9.4.2",
        system="linux",
        space="emea",
        is_version_specific=True,
    )


def test_an_agent_before_8_6_has_its_version_elsewhere() -> None:
    """`agent` came later."""
    found = read_agent(without("agent", FLEET))

    assert found is not None
    assert found.version == "9.4.1"


@pytest.mark.parametrize("item", [None, 7, [], {}, {"id": None}, {"id": 7}, {"id": ""}])
def test_an_agent_without_an_id_is_none(item: JsonValue) -> None:
    """There is nothing to ask about it."""
    assert read_agent(item) is None


@pytest.mark.parametrize("value", [None, 7, [], {}])
@pytest.mark.parametrize("path", ["policy_id", "status", "agent", "local_metadata"])
def test_an_agent_may_lack_anything_else(path: str, value: JsonValue) -> None:
    """It still counts."""
    found = read_agent(having(path, value, FLEET))

    assert found is not None
    assert found.agent_id == "agent-1"


def action(**facts: Any) -> JsonValue:  # noqa: ANN401 - fields of an action
    """Return a document with one action."""
    return {"Endpoint": {"policy": {"applied": {"actions": [facts]}}}}


@pytest.mark.parametrize("status", ["warning", "failure"])
def test_trouble_with_artifacts_is_told(status: str) -> None:
    """In the endpoint's own words, or in ours when it has none."""
    name = "download_global_artifacts"

    assert artifact_trouble(action(name=name, status=status, message="404")) == Trouble(
        status, "404"
    )
    assert artifact_trouble(action(name=name, status=status)) == Trouble(status)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        action(name="download_global_artifacts", status="success", message="fine"),
        action(name="configure_kernel", status="failure", message="no"),
        {"Endpoint": {"policy": {"applied": {"actions": "none"}}}},
        {"Endpoint": {"policy": {"applied": {"actions": [None, 7]}}}},
    ],
)
def test_other_trouble_is_not_about_artifacts(document: JsonValue) -> None:
    """A driver that does not load has nothing to do with the mirror."""
    assert artifact_trouble(document) is None
