"""Whatever an endpoint, Fleet or a mirror says: there is a verdict, and never an exception."""

import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from support.cases import cases
from support.endpoints import agent, endpoint, judge, policy, report
from support.strategies import hostile

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints.policy_response import (
    OFFLINE,
    Trouble,
    artifact_trouble,
    read_agent,
    read_policy_response,
)
from elastic_mirror_policy.endpoints.verdicts import Published, Verdict

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
identifiers = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("ab") | anything, "sha256": anything}),
    max_size=3,
)
artifacts = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from(["1.0.1", "1.0.2", "x"]) | anything,
        "snapshot": st.sampled_from(["latest", "2025-08-15"]) | anything,
        "identifiers": identifiers | anything,
    },
)
applied = st.fixed_dictionaries(
    {},
    optional={
        "id": st.just("id-servers") | anything,
        "endpoint_policy_version": st.sampled_from(["3", 3, "2"]) | anything,
        "status": anything,
        "artifacts": st.fixed_dictionaries({"global": artifacts | anything}) | anything,
        "actions": anything,
    },
)
documents = st.fixed_dictionaries(
    {"Endpoint": st.fixed_dictionaries({"policy": st.fixed_dictionaries({"applied": applied})})},
    optional={
        "@timestamp": st.just("2026-02-01T12:00:00Z") | anything,
        "agent": st.fixed_dictionaries({"id": st.just("agent-1"), "version": anything}) | anything,
        "host": anything,
    },
)
mirrors = st.builds(
    Published,
    version=st.sampled_from(["1.0.1", "1.0.2", "x", None]),
    hashes=st.dictionaries(st.sampled_from("ab"), st.text(max_size=3)),
    since=st.none() | st.floats(0, 2e9),
    missing=st.booleans(),
    problem=st.sampled_from(["", "away"]),
)
statuses = st.sampled_from(["online", "offline", "inactive", ""])


@given(documents | anything, mirrors, statuses)
def test_any_document_has_a_verdict(document: JsonValue, published: Published, status: str) -> None:
    """Malformed, hostile or empty."""
    found = read_policy_response(document)
    judged = judge(agent(status=status), found, policy(), lambda: published)

    assert isinstance(judged.verdict, Verdict)
    assert (judged.verdict is Verdict.OFFLINE) <= (status in OFFLINE)


names = st.sampled_from(["one", "two"])
digests = st.sampled_from(["a" * 64, "b" * 64])
versions = st.sampled_from(["1.0.1", "1.0.2"])


def reporting(
    listed: list[tuple[str, str]], version: str, snapshot: str, revision: str
) -> JsonValue:
    """Return a document in which only these facts are open."""
    identifiers = [{"name": name, "sha256": digest} for name, digest in listed]
    artifacts = {"version": version, "snapshot": snapshot, "identifiers": identifiers}
    known = {"id": "id-servers", "status": "success", "artifacts": {"global": artifacts}}
    return {
        "agent": {"id": "agent-1"},
        "Endpoint": {"policy": {"applied": {**known, "endpoint_policy_version": revision}}},
    }


reports = st.builds(
    reporting,
    st.lists(st.tuples(names, digests), max_size=2),
    versions,
    st.sampled_from(["latest", "latest", "2025-08-15"]),
    st.sampled_from(["3", "3", "2"]),
)
comparable = st.builds(Published, version=versions, hashes=st.dictionaries(names, digests))


def verdict_on(document: JsonValue, published: Published) -> Verdict:
    """Return the verdict on an endpoint that is online."""
    return judge(agent(), read_policy_response(document), policy(), lambda: published).verdict


@cases(10)
@given(reports, comparable)
def test_current_is_always_proven(document: JsonValue, published: Published) -> None:
    """By hashes that are equal, or by versions that are; never by silence."""
    found = read_policy_response(document)
    judged = judge(agent(), found, policy(), lambda: published)
    applied = document["Endpoint"]["policy"]["applied"]
    told = applied["artifacts"]["global"]
    listed = [(one["name"], one["sha256"]) for one in told["identifiers"]]
    shared = [(name, digest) for name, digest in listed if name in published.hashes]
    wrong = [name for name, digest in shared if published.hashes[name] != digest]
    proven = told["version"] == published.version or (bool(shared) and shared == listed)

    assert (judged.verdict is Verdict.CURRENT) <= (bool(judged.proof) and proven and not wrong)
    assert (judged.verdict is Verdict.CURRENT) <= (applied["endpoint_policy_version"] == "3")


@pytest.mark.parametrize("verdict", [Verdict.CURRENT, Verdict.BEHIND, Verdict.AHEAD])
def test_documents_of_that_kind_have_every_verdict_that_is_compared(verdict: Verdict) -> None:
    """Otherwise the test above would hold for less than it says."""
    pairs = st.tuples(reports, comparable)
    pair = find(pairs, lambda pair: verdict_on(*pair) is verdict)

    assert verdict_on(*pair) is verdict


items = st.fixed_dictionaries(
    {"id": st.text(max_size=5) | anything},
    optional=dict.fromkeys(("policy_id", "status", "agent", "local_metadata"), anything),
)


@given(items | anything)
def test_any_item_of_fleet_with_an_id_is_an_agent(item: JsonValue) -> None:
    """Whatever else it has, or lacks."""
    found = read_agent(item)
    named = item.get("id") if isinstance(item, dict) else None

    assert (found.agent_id if found else "") == (named if isinstance(named, str) else "")


@given(anything)
def test_any_list_of_actions_has_trouble_or_none(actions: JsonValue) -> None:
    """Never an exception."""
    assert isinstance(artifact_trouble(actions), Trouble | None)


@given(hostile, hostile)
def test_no_name_is_more_than_text(hostname: str, version: str) -> None:
    """Neither a terminal nor a notebook acts on what an endpoint calls itself."""
    shown = report(endpoint("behind", hostname=hostname, endpoint_version=version, detail=hostname))
    text, html = str(shown), shown._repr_html_()

    assert not any(char in text.replace("\n", "") for char in "\x1b\x07\r\u202e\u2028")
    assert "<script" not in html
    assert "<img" not in html
