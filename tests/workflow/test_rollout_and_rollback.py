"""In every version the mirror is set, nothing else changes, and it can be taken back."""

from pathlib import Path

import pytest
from support.pem import pem
from support.rollouts import (
    INTENT,
    KIBANAS,
    MIRROR,
    OTHER_MIRROR,
    SYSTEMS,
    advanced,
    base_urls,
    commit_counts,
    connected,
    documents,
    kinds,
    planned,
    roll_back,
    roll_out,
    untouched,
)

from elastic_mirror_policy import (
    ALL_SPACES,
    CLEAR,
    Kibana,
    MirrorSettings,
    Plan,
)
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana

EVERY_KEY = MirrorSettings.everywhere(
    MIRROR,
    manifest_relative_url="/downloads/endpoint/manifest/artifacts-9.4.2.zip",
    ca_cert=pem(),
    public_key=pem("PUBLIC KEY"),
    interval=600,
    proxy_url="http://proxy.example:3128",
    proxy_disable=False,
    channel="stable",
)
SHAPES: dict[str, dict[str, JsonValue]] = {
    "no advanced": {},
    "an empty advanced": {"windows": {}},
    "an empty artifacts": {"windows": {"artifacts": {}}},
    "an empty global": {"windows": {"artifacts": {"global": {}}}},
    "user artifacts only": {"windows": {"artifacts": {"user": {"proxy_disable": "true"}}}},
    "another key of ours": {"windows": {"artifacts": {"global": {"interval": "600"}}}},
    "an unknown key beside": {
        "windows": {"artifacts": {"global": {"brand_new": [1, {"a": None}]}}}
    },
    "a neighbour": {"windows": {"kernel": {"connect": "true"}}},
    "an older mirror": {"windows": {"artifacts": {"global": {"base_url": OTHER_MIRROR}}}},
    "a number": {"windows": {"artifacts": {"global": {"interval": 600}}}},
}


@pytest.fixture(params=KIBANAS)
def fake(request: pytest.FixtureRequest) -> FakeKibana:
    """The example estate in each version."""
    return FakeKibana.example(**KIBANAS[request.param])


def defend_ids(fake: FakeKibana) -> set[str]:
    """Return the ids of the Elastic Defend policies."""
    found = documents(fake).items()
    return {policy_id for policy_id, one in found if one["package"]["name"] == "endpoint"}


def everywhere(kibana: Kibana) -> Plan:
    """Plan the mirror for every policy of every space."""
    return planned(kibana, INTENT, spaces=ALL_SPACES)


def test_a_rollout_sets_the_mirror_on_every_policy_and_changes_nothing_else(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Other integrations are not written at all; other keys under `advanced` stay."""
    before = documents(fake)
    with fake, connected(fake) as kibana:
        report = kibana.apply(everywhere(kibana), journal=tmp_path / "a.journal")
    after = documents(fake)

    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(defend_ids(fake), 1)
    assert {base_urls(after[one]) for one in defend_ids(fake)} == {(MIRROR,) * 3}
    assert {one: untouched(after[one]) for one in defend_ids(fake)} == {
        one: untouched(before[one]) for one in defend_ids(fake)
    }


def test_a_rollback_restores_every_managed_subtree_exactly(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Absence included: a policy that had no `advanced` has none again."""
    before = documents(fake)
    with fake:
        with connected(fake) as kibana:
            kibana.apply(everywhere(kibana), journal=tmp_path / "a.journal")
        report = roll_back(fake, tmp_path / "a.journal")
    after = documents(fake)

    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(defend_ids(fake), 2)
    for one in defend_ids(fake):
        assert advanced(after[one]) == advanced(before[one])
        assert untouched(after[one]) == untouched(before[one])


def test_a_second_run_writes_nothing_and_needs_no_journal(fake: FakeKibana, tmp_path: Path) -> None:
    """Every write redeploys a policy to all its agents, so a needless one is never sent."""
    with fake, connected(fake) as kibana:
        kibana.apply(everywhere(kibana), journal=tmp_path / "a.journal")
        plan = everywhere(kibana)
        report = kibana.apply(plan, journal=tmp_path / "b.journal")

    assert not plan
    assert report.ok
    assert set(kinds(report)) == {"unchanged"}
    assert commit_counts(fake) == dict.fromkeys(defend_ids(fake), 1)
    assert not (tmp_path / "b.journal").exists()
    assert report.journal == ""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_rollback_tells_absence_from_emptiness(shape: str, tmp_path: Path) -> None:
    """Whatever stood there comes back, parents that were empty included."""
    fake = FakeKibana()
    policy = fake.add_policy("Servers", advanced=SHAPES[shape])
    before = advanced(fake.document(policy))

    with fake:
        applied = roll_out(fake, tmp_path / "a.journal")
        undone = roll_back(fake, tmp_path / "a.journal")

    assert applied.ok
    assert undone.ok
    assert advanced(fake.document(policy)) == before


@pytest.mark.parametrize("shape", SHAPES)
def test_all_eight_keys_come_and_go(shape: str, tmp_path: Path) -> None:
    """On a policy of every shape."""
    fake = FakeKibana()
    policy = fake.add_policy("Servers", advanced=SHAPES[shape])
    before = advanced(fake.document(policy))
    with fake, connected(fake) as kibana:
        kibana.apply(planned(kibana, EVERY_KEY), journal=tmp_path / "a.journal")
        during = advanced(fake.document(policy))
        kibana.apply(kibana.plan_rollback(tmp_path / "a.journal"), journal=tmp_path / "b.journal")

    for system in SYSTEMS:
        found = during[system]["artifacts"]["global"]
        expected = {key: value for os, key, value in EVERY_KEY.items() if os.value == system}
        # A value that already means the same is left as it is, a number where Kibana puts a text.
        assert {key: str(found[key]) for key in expected} == expected
    assert advanced(fake.document(policy)) == before


@pytest.mark.parametrize("shape", SHAPES)
def test_a_cleared_key_leaves_no_empty_parents_and_comes_back(shape: str, tmp_path: Path) -> None:
    """Clearing is a change like any other, with its own rollback."""
    fake = FakeKibana()
    policy = fake.add_policy("Servers", mirror=OTHER_MIRROR)
    fake.edit(policy, "windows.advanced", SHAPES[shape].get("windows", {}))
    before = advanced(fake.document(policy))
    cleared = MirrorSettings.everywhere(CLEAR)
    with fake, connected(fake) as kibana:
        plan = planned(kibana, cleared)
        kibana.apply(plan, journal=tmp_path / "a.journal", allow={"clear"})
        during = fake.document(policy)
        kibana.apply(kibana.plan_rollback(tmp_path / "a.journal"), journal=tmp_path / "b.journal")

    assert base_urls(during) == (None,) * 3
    assert "artifacts" not in advanced(during)["linux"]
    assert advanced(fake.document(policy)) == before


def test_a_rollback_can_be_rolled_back(tmp_path: Path) -> None:
    """It is a rollout like any other, with a journal of its own."""
    fake = FakeKibana.example(space_aware=False)
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        there = documents(fake)
        roll_back(fake, tmp_path / "a.journal")
        report = roll_back(fake, tmp_path / "a.journal.undo")
    back = documents(fake)

    assert report.ok
    assert {one: advanced(back[one]) for one in defend_ids(fake)} == {
        one: advanced(there[one]) for one in defend_ids(fake)
    }


def test_a_rollback_touches_only_what_its_journal_wrote(tmp_path: Path) -> None:
    """A policy that had the mirror before is not in it."""
    fake = FakeKibana()
    had_it = fake.add_policy("Had it", mirror=MIRROR)
    got_it = fake.add_policy("Got it")
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        roll_back(fake, tmp_path / "a.journal")

    assert base_urls(fake.document(had_it)) == (MIRROR,) * 3
    assert base_urls(fake.document(got_it)) == (None,) * 3
    assert commit_counts(fake) == {got_it: 2}


def test_a_rollback_keeps_what_others_changed_meanwhile(tmp_path: Path) -> None:
    """It edits the present policy, not a copy of the past."""
    fake = FakeKibana()
    policy = fake.add_policy("Servers")
    with fake:
        roll_out(fake, tmp_path / "a.journal")
        fake.edit(policy, "linux.events.dns", value=True)
        fake.edit(policy, "linux.advanced.artifacts.user.proxy_disable", "true")
        fake.run_packager()
        manifest = fake.document(policy)["inputs"][0]["config"]["artifact_manifest"]
        report = roll_back(fake, tmp_path / "a.journal")
    after = fake.document(policy)

    assert report.ok
    assert after["inputs"][0]["config"]["policy"]["value"]["linux"]["events"]["dns"] is True
    assert advanced(after)["linux"]["artifacts"] == {"user": {"proxy_disable": "true"}}
    assert after["inputs"][0]["config"]["artifact_manifest"] == manifest
