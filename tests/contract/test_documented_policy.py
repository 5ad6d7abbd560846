"""A policy as Elastic's own page shows it: exactly the three base URLs change, and come back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import KIBANAS, MIRROR, connected, planned, roll_out

from elastic_mirror_policy._json import JsonValue, decode
from elastic_mirror_policy.testing import FakeKibana

VALUE = ("inputs", "0", "config", "policy", "value")
BASE_URLS = {
    (*VALUE, system, "advanced", "artifacts", "global", "base_url"): MIRROR
    for system in ("linux", "mac", "windows")
}
KIBANAS_OWN = {("revision",), ("updated_at",), ("updated_by",), ("version",)}
"""What every write changes, whoever sends it."""

KIBANA_ADDS = {("policy_ids", "0"), ("inputs", "0", "id")}
"""What newer versions add to every policy that is written."""


@pytest.fixture
def documented(contract: Path) -> JsonValue:
    """The answer to a request that creates a policy, from the documentation of 8.5."""
    file = contract / "fleet" / "package_policy_create_response_8.5_docs.json"
    document = decode(file.read_bytes())
    return document.get("item", document)


@pytest.fixture(params=[version for version in KIBANAS if version not in {"8.0", "8.4"}])
def fake(request: pytest.FixtureRequest, documented: JsonValue) -> Iterator[FakeKibana]:
    """A Kibana that has taken it in."""
    with FakeKibana(**KIBANAS[request.param]) as served:
        served.load(documented)
        yield served


def leaves(value: JsonValue, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], JsonValue]:
    """Return everything in a document by its path; an empty object is a leaf."""
    inner: dict[str, JsonValue] = {}
    if isinstance(value, dict):
        inner = value
    elif isinstance(value, list):
        inner = {str(number): one for number, one in enumerate(value)}
    if not inner:
        return {path: value}
    return {
        place: leaf
        for key, one in inner.items()
        for place, leaf in leaves(one, (*path, key)).items()
    }


def changed(before: JsonValue, after: JsonValue) -> dict[tuple[str, ...], JsonValue]:
    """Return what `after` has and `before` has not, leaving out what every write changes."""
    old = leaves(before)
    added = {path: value for path, value in leaves(after).items() if old.get(path, path) != value}
    return {k: v for k, v in added.items() if k not in KIBANAS_OWN | KIBANA_ADDS}


def test_a_rollout_changes_exactly_the_three_base_urls(
    fake: FakeKibana, documented: JsonValue, tmp_path: Path
) -> None:
    """Nothing else is added, and nothing is lost, in any version."""
    before = fake.document(documented["id"])
    report = roll_out(fake, tmp_path / "a.journal")
    after = fake.document(documented["id"])

    assert report.ok
    assert changed(before, after) == BASE_URLS
    assert changed(after, before) == {}
    assert set(leaves(before)) - set(leaves(after)) <= {(*VALUE, "windows", "advanced")}


def test_a_rollback_changes_exactly_the_three_base_urls_back(
    fake: FakeKibana, documented: JsonValue, tmp_path: Path
) -> None:
    """The policy is as the documentation shows it."""
    before = fake.document(documented["id"])
    with connected(fake) as kibana:
        kibana.apply(planned(kibana), journal=tmp_path / "a.journal")
        undo = kibana.plan_rollback(tmp_path / "a.journal")
        report = kibana.apply(undo, journal=tmp_path / "b.journal")
    after = fake.document(documented["id"])

    assert report.ok
    assert changed(before, after) == {}
    assert set(leaves(before)) - set(leaves(after)) == set()


def test_the_policy_is_the_documented_one(documented: JsonValue) -> None:
    """As it was read: a Defend policy of 8.5 with its user artifacts, and without `meta`."""
    manifest = documented["inputs"][0]["config"]["artifact_manifest"]["value"]

    assert documented["package"]["name"] == "endpoint"
    assert len(manifest["artifacts"]) == 15
    assert "meta" not in documented["inputs"][0]["config"]["policy"]["value"]
