"""The information module: policies and the verdicts on their endpoints."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ansible_collection import checked, module_util
from support.ansible_runs import INFO

from elastic_mirror_policy import Kibana, MirrorSettings
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

pytestmark = pytest.mark.usefixtures("ansible")


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Give a Kibana with agents of one version."""
    with FakeKibana.example("9.2.0") as served:
        yield served


def read(fake: FakeKibana, **options: JsonValue) -> JsonValue:
    """Return how a task of the information module ends."""
    task = {"kibana_url": fake.url, "api_key": fake.api_key, "window": "3650d", **options}
    ending = module_util("reading").read(checked(task, INFO))
    return ending.values | {"failed": ending.failed, "warnings": ending.warnings}


def use_mirror(fake: FakeKibana, url: str, folder: Path) -> None:
    """Point every policy at a mirror."""
    with Kibana(fake.url, api_key=fake.api_key) as kibana:
        plan = kibana.plan(MirrorSettings.everywhere(url), check_mirror=False)
        kibana.apply(plan, journal=folder / "journal").raise_on_error()


def test_policies_are_read_as_the_command_line_prints_them(fake: FakeKibana) -> None:
    """Only those selected, and nothing about endpoints unless it was asked for."""
    found = read(fake, names=["EMEA*"], exclude=["*workstations"])

    assert [policy["name"] for policy in found["policies"]] == ["EMEA Paris servers"]
    assert found["policies"][0]["settings"]["linux"] == {
        "artifacts.global.base_url": "http://old-mirror.example"
    }
    assert "endpoints" not in found
    assert found["changed"] is False


def test_what_stands_between_policy_and_endpoint_is_told(fake: FakeKibana, tmp_path: Path) -> None:
    """First the policy is not applied, then it is, and then the endpoint is current."""
    with FakeArtifactServer.example("9.2.0") as mirror:
        use_mirror(fake, mirror.url, tmp_path)
        written = read(fake, gather=["endpoints"])["endpoints"]
        fake.check_in()
        applied = read(fake, gather=["endpoints"])["endpoints"]
        fake.fetch_artifacts(mirror)
        current = read(fake, gather=["endpoints"])["endpoints"]

    assert written["summary"]["policy-not-applied"] == len(written["endpoints"]) == 22
    assert applied["summary"]["policy-not-applied"] == 0
    assert current["summary"]["current"] == 22
    assert [r["all_current"] for r in (written, applied, current)] == [False, False, True]


def test_a_key_that_may_not_read_endpoints_is_one_message(fake: FakeKibana) -> None:
    """The right that is missing is named."""
    found = read(fake, gather=["endpoints"], api_key=fake.key_for("none"))

    assert found["failed"] is True
    assert "(403)" in found["msg"]
    assert "\n" not in found["msg"]


def test_elasticsearch_needs_its_url(fake: FakeKibana) -> None:
    """A key alone is a mistake, not a wish to ask Kibana."""
    found = read(fake, gather=["endpoints"], elasticsearch_api_key="secret-of-es")

    assert found["failed"] is True
    assert "without its URL" in found["msg"]
    assert "secret-of-es" not in found["msg"]


def test_a_key_without_agent_policies_is_a_warning(fake: FakeKibana) -> None:
    """Policies are listed all the same, and what could not be read is said."""
    found = read(fake, api_key=fake.key_for("defend"))

    assert found["failed"] is False
    assert any("may not read agent policies" in warning for warning in found["warnings"])
