"""The published JSON schemas are true of what the program prints."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.access_logs import log_line
from support.docs_ext import docs_module
from support.needs import REPOSITORY

from elastic_mirror_policy import Journal, Kibana, MirrorSettings, check_mirror, sync_mirror
from elastic_mirror_policy._cli import run
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.endpoints.read import Endpoint, EndpointReport, MirrorManifest, Verdict
from elastic_mirror_policy.mirror import (
    mirror_status,
    mirror_wanted,
    pack_mirror,
    read_access_logs,
)
from elastic_mirror_policy.testing import FakeKibana
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

DOCUMENTS = docs_module("json_documents")
KINDS: list[str] = list(DOCUMENTS.DOCUMENTS)
SETTINGS = MirrorSettings.everywhere("https://mirror.corp")
VERSION = "9.1.3"


def close(node: dict[str, Any]) -> None:
    """Let an object have no other keys than those that are described."""
    if "properties" in node:
        node["additionalProperties"] = False


def published(kind: str) -> dict[str, Any]:
    """Return the schema in the documentation; `nox -s docs` holds it against the code."""
    file = REPOSITORY / "docs" / "reference" / "schemas" / f"{kind}.json"
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def problems(document: JsonValue) -> list[str]:
    """Return where a document is not exactly what its schema says, without a key more."""
    schema = published(document["kind"])
    DOCUMENTS.tidy(schema, close)
    decoded = json.loads(json.dumps(document))
    return [error.message for error in Draft202012Validator(schema).iter_errors(decoded)]


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Return a served Kibana with one policy that cannot be edited."""
    with FakeKibana.example() as served:
        odd = served.add_policy("Odd")
        served.edit(odd, "inputs.0.config.policy.value.linux.advanced", ["not an object"])
        yield served


@pytest.fixture
def kibana(fake: FakeKibana) -> Iterator[Kibana]:
    """Return a client of it."""
    with Kibana(fake.url, api_key=fake.api_key) as client:
        yield client


@pytest.fixture
def upstream() -> Iterator[FakeArtifactServer]:
    """Return a served source of artifacts."""
    with FakeArtifactServer.example(VERSION) as served:
        yield served


def test_every_schema_is_one() -> None:
    """Any validator can use it."""
    rules = Draft202012Validator(Draft202012Validator.META_SCHEMA)

    assert [kind for kind in KINDS if not rules.is_valid(published(kind))] == []


def test_every_schema_is_listed_in_the_documentation() -> None:
    """Whoever reads the page finds them all, and no other."""
    page = (REPOSITORY / "docs" / "reference" / "json.md").read_text("utf-8")
    files = {path.stem for path in (REPOSITORY / "docs/reference/schemas").glob("*.json")}

    assert files == set(KINDS)
    assert [kind for kind in KINDS if f"schemas/{kind}.json" not in page] == []


def test_a_plan_is_what_its_schema_says(kibana: Kibana) -> None:
    """Changed and skipped policies included."""
    plan = kibana.plan(SETTINGS, check_mirror=False)

    assert plan.changes
    assert plan.skipped
    assert problems(plan.to_dict()) == []


def test_a_report_and_its_journal_are_what_their_schemas_say(
    kibana: Kibana, tmp_path: Path
) -> None:
    """Programs read these after a rollout."""
    journal = tmp_path / "a.journal"

    report = kibana.apply(kibana.plan(SETTINGS, check_mirror=False), journal=journal)

    assert problems(report.to_dict()) == []
    assert problems(Journal.read(journal).to_dict()) == []


def test_a_rollback_plan_is_what_the_schema_says(kibana: Kibana, tmp_path: Path) -> None:
    """It is a plan with another purpose."""
    journal = tmp_path / "a.journal"
    kibana.apply(kibana.plan(SETTINGS, check_mirror=False), journal=journal)

    assert problems(kibana.plan_rollback(journal).to_dict()) == []


@pytest.mark.parametrize("command", ["policies", "doctor"])
def test_what_a_command_prints_is_what_its_schema_says(
    command: str,
    fake: FakeKibana,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """These documents exist on the command line only."""
    monkeypatch.setenv("KIBANA_URL", fake.url)
    monkeypatch.setenv("KIBANA_API_KEY", fake.api_key)

    run([command, "--format", "json"])

    assert problems(json.loads(capsys.readouterr().out)) == []


def test_what_is_said_of_a_mirror_is_what_the_schemas_say(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """Check, sync, status and bundle, with findings."""
    folder = tmp_path / "mirror"

    assert (
        problems(sync_mirror(folder, endpoint_versions=[VERSION], upstream=upstream.url).to_dict())
        == []
    )
    assert problems(mirror_status(folder).to_dict()) == []
    assert problems(pack_mirror(folder, tmp_path / "mirror.tar").to_dict()) == []
    assert (
        problems(check_mirror(upstream.url, endpoint_versions=[VERSION, "1.2.3"]).to_dict()) == []
    )


def test_what_a_closed_network_wants_is_what_the_schema_says(tmp_path: Path) -> None:
    """The file that is carried out."""
    with FakeArtifactServer.example(VERSION) as upstream:
        sync_mirror(tmp_path, endpoint_versions=[VERSION], upstream=upstream.url)

    assert problems(mirror_wanted(folder=tmp_path).to_dict()) == []


def test_what_is_said_of_an_access_log_is_what_the_schema_says(tmp_path: Path) -> None:
    """A manifest and an artifact of one address."""
    log = tmp_path / "access.log"
    log.write_text(log_line("9.1.3") + log_line(""))

    assert problems(read_access_logs([log]).to_dict()) == []


@pytest.mark.parametrize(
    "known", [{}, {"proof": "version", "revision": 3, "reported_at": 0.0, "mirror_version": "1"}]
)
def test_an_endpoint_report_is_what_its_schema_says(known: dict[str, Any]) -> None:
    """With everything known of an endpoint, and with nothing."""
    endpoint = Endpoint("a", "host", "p", "Policy", "linux", "", "9", Verdict.CURRENT, **known)
    manifest = MirrorManifest("https://mirror.corp", VERSION)

    assert problems(EndpointReport(endpoints=(endpoint,), mirrors=(manifest,)).to_dict()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda plan: plan.pop("digest"),
        lambda plan: plan.update(unknown_key=1),
        lambda plan: plan["changes"][0]["edits"][0].update(key="artifacts.global.other"),
        lambda plan: plan["summary"].update(policies="6"),
    ],
)
def test_a_spoiled_document_is_not_what_the_schema_says(
    kibana: Kibana, spoil: Callable[[JsonValue], object]
) -> None:
    """A check that accepts everything checks nothing."""
    document = kibana.plan(SETTINGS, check_mirror=False).to_dict()
    spoil(document)

    assert re.search(r"required|Additional|is not one of|is not of type", problems(document)[0])
