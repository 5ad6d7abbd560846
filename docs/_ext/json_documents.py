"""The JSON documents that the program prints, as models; run it to write their schemas.

The models name what `to_dict` of the code returns; descriptions come from the docstrings of the
code. Tests hold real documents against the schemas, and the schemas against these models.
"""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from elastic_mirror_policy.airgap import AirGapRow, RowState
from elastic_mirror_policy.diagnosis import Check, State
from elastic_mirror_policy.endpoints.read import Endpoint, EndpointReport, MirrorManifest, Verdict
from elastic_mirror_policy.endpoints.verdicts import Proof
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.journal.phases import Replaced
from elastic_mirror_policy.mirror.bundles.wanted import HeldFile, HeldManifest, Wanted
from elastic_mirror_policy.mirror.codes import FindingCode, Severity
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.logs.delivery import DeliveryState
from elastic_mirror_policy.mirror.logs.report import AccessLogReport, Caller, ManifestRequests
from elastic_mirror_policy.mirror.report import BundleReport, MirrorStatus, SyncReport
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus
from elastic_mirror_policy.plan.change import Edit, PolicyChange, Skipped
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.policies.residual import AlsoChanged
from elastic_mirror_policy.rollout.gates import GateAnswer, Health, WaveOutcome
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.settings import KEY_PREFIX, MANAGED_KEYS, OperatingSystem

FOLDER: Final = Path(__file__).parents[1] / "reference" / "schemas"
ATTRIBUTE: Final = re.compile(r"^ {8}(\w+): (.+(?:\n {12}.+)*)", re.MULTILINE)

Scalar = str | bool | int | float | None
KEYS: Final[list[JsonValue]] = [KEY_PREFIX + key for key in MANAGED_KEYS]


def documented(source: type) -> ConfigDict:
    """Return a configuration that takes descriptions from the docstring of a class."""
    lines = dict(ATTRIBUTE.findall(source.__doc__ or ""))

    def describe(schema: dict[str, Any]) -> None:
        schema["description"] = (source.__doc__ or "").split("\n\n")[0]
        for name, value in schema["properties"].items():
            if name in lines:
                words = " ".join(lines[name].split())
                value["description"] = re.sub(r"\bNone\b", "null", words)

    return ConfigDict(json_schema_extra=describe)


class EditJson(BaseModel):
    """One key that changes."""

    model_config = documented(Edit)
    os: OperatingSystem
    key: str = Field(json_schema_extra={"enum": KEYS})
    before: Scalar
    after: Scalar
    parents: tuple[int, int]


class ChangeJson(BaseModel):
    """One policy that changes."""

    model_config = documented(PolicyChange)
    policy_id: str
    name: str
    space: str
    version: str
    revision: int
    agent_policies: list[str]
    agents: int | None
    edits: list[EditJson]
    warnings: list[str]
    risks: list[str]
    fingerprint: str


class SettingJson(BaseModel):
    """What one operating system was found to have."""

    os: OperatingSystem
    key: str
    value: Scalar


class RestingJson(BaseModel):
    """One policy that is not written."""

    policy_id: str
    name: str
    space: str


class UnchangedJson(RestingJson):
    """One policy that already has what is wanted."""

    settings: list[SettingJson]


class SkippedJson(RestingJson):
    """One policy that is not written."""

    model_config = documented(Skipped)
    reason: str
    intended: bool


class KibanaJson(BaseModel):
    """Which Kibana it is about."""

    url: str
    version: str
    spaces: list[str]


class GateJson(BaseModel):
    """What a gate said of a wave."""

    model_config = documented(GateAnswer)
    health: Health
    reason: str
    evidence: dict[str, int]


class WaveJson(BaseModel):
    """One wave of a rollout."""

    model_config = documented(WaveOutcome)
    wave: int
    policies: list[str]
    gate: GateJson | None


class PlanSummary(BaseModel):
    """The plan in numbers."""

    policies: int
    to_change: int
    unchanged: int
    skipped: int
    agents: int | None


class PlanJson(BaseModel):
    """A plan."""

    model_config = documented(Plan)
    schema_version: Literal[1]
    kind: Literal["plan"]
    digest: str
    purpose: Literal["apply", "rollback"]
    kibana: KibanaJson
    summary: PlanSummary
    changes: list[ChangeJson]
    unchanged: list[UnchangedJson]
    skipped: list[SkippedJson]
    waves: list[WaveJson] = Field(
        default=[], description="Which policies are in which wave; with `--wave` only."
    )
    notes: list[str]


class ReportSummary(BaseModel):
    """The report in numbers."""

    total: int
    applied: int
    succeeded: int
    unchanged: int
    skipped: int
    failed: int
    unknown: int
    affected_agents: int | None
    requests: int


class AlsoChangedJson(BaseModel):
    """One difference beside what was asked for."""

    model_config = documented(AlsoChanged)
    path: str
    change: Literal["added", "removed", "changed"]


class ReplacedJson(BaseModel):
    """Somebody else's writes that came between the last look at a policy and ours."""

    model_config = documented(Replaced)
    first_revision: int
    last_revision: int
    by: str | None
    after: str | None
    before: str | None


class ReplacedPolicy(ReplacedJson):
    """The same, with the policy it is about."""

    policy_id: str
    name: str


class OutcomeJson(BaseModel):
    """What happened to one policy."""

    model_config = documented(Outcome)
    policy_id: str
    name: str
    space: str
    outcome: OutcomeKind
    revision_before: int | None
    revision_after: int | None
    error: str | None
    notes: list[str]
    also_changed: list[AlsoChangedJson]
    replaced: ReplacedJson | None


class ReportJson(BaseModel):
    """What happened to every policy of a plan."""

    model_config = documented(Report)
    schema_version: Literal[1]
    kind: Literal["report"]
    journal: str | None
    summary: ReportSummary
    stopped: str | None
    notes: list[str]
    rollback: "ReportJson | None"
    replaced: list[ReplacedPolicy]
    waves: list[WaveJson]
    outcomes: list[OutcomeJson]


class JournalSummary(BaseModel):
    """The journal in numbers."""

    total: int
    written: int
    unknown: int
    remaining: int


class JournalPolicy(BaseModel):
    """How far one policy came."""

    policy_id: str
    name: str
    space: str
    phase: Literal[
        "planned",
        "pre_image",
        "put_sent",
        "put_answered",
        "verified",
        "unknown",
        "failed",
        "skipped",
    ]
    sent: int
    revision: int | None
    also_changed: list[AlsoChangedJson]
    replaced: ReplacedJson | None
    error: str | None


class JournalJson(BaseModel):
    """A journal as it was read."""

    model_config = documented(Journal)
    schema_version: Literal[1]
    kind: Literal["journal"]
    path: str
    digest: str
    purpose: Literal["apply", "rollback"]
    kibana: KibanaJson
    complete: bool
    summary: JournalSummary
    waves: list[WaveJson]
    policies: list[JournalPolicy]


class PolicyJson(BaseModel):
    """One Elastic Defend policy."""

    model_config = documented(DefendPolicy)
    policy_id: str
    name: str
    space: str
    version: str
    revision: int
    agent_policies: list[str]
    agents: int | None
    pin: str
    is_managed: bool
    settings: dict[OperatingSystem, dict[str, Scalar]]
    problem: str


class PoliciesJson(BaseModel):
    """The Elastic Defend policies that were found."""

    schema_version: Literal[1]
    kind: Literal["policies"]
    policies: list[PolicyJson]


class CheckJson(BaseModel):
    """One thing that was looked at."""

    model_config = documented(Check)
    check: str
    state: State
    detail: str


class AirGapRowJson(BaseModel):
    """One thing that must be right in a closed network."""

    model_config = documented(AirGapRow)
    check: str
    state: RowState
    seen: str
    meaning: str
    advice: str
    where: str


class DoctorJson(BaseModel):
    """What a look at the connection found; `rows` with `--air-gap` only."""

    schema_version: Literal[1]
    kind: Literal["doctor"]
    checks: list[CheckJson]
    rows: list[AirGapRowJson] = []


class FindingJson(BaseModel):
    """One finding about a mirror."""

    model_config = documented(Finding)
    severity: Severity
    code: FindingCode
    path: str
    message: str
    hint: str


class VersionResultJson(BaseModel):
    """What was found out about one endpoint version."""

    model_config = documented(VersionResult)
    endpoint_version: str
    manifest_version: str | None
    artifacts: int
    healthy: bool | None
    modified_at: str | None
    age_seconds: float | None


class MirrorReportJson(BaseModel):
    """What a check of a mirror found; `healthy` is null when it could not be determined."""

    schema_version: Literal[1]
    kind: Literal["mirror-report"]
    healthy: bool | None
    versions: list[VersionResultJson]
    findings: list[FindingJson]


class PublishedJson(BaseModel):
    """What was done for one manifest."""

    model_config = documented(PublishedVersion)
    endpoint_version: str
    manifest_version: str | None
    previous: str | None
    changed: bool
    artifacts: int


class SyncReportJson(BaseModel):
    """What a sync changed."""

    model_config = documented(SyncReport)
    schema_version: Literal[1]
    kind: Literal["sync-report"]
    changed: bool
    folder: str
    upstream: str
    versions: list[PublishedJson]
    fetched: int
    fetched_bytes: int
    reused: int
    pruned: list[str]
    requests: int
    verified: bool
    findings: list[FindingJson]


class BundleReportJson(BaseModel):
    """What was packed or unpacked."""

    model_config = documented(BundleReport)
    schema_version: Literal[1]
    kind: Literal["bundle-report"]
    action: Literal["packed", "unpacked"]
    bundle: str
    folder: str
    index_sha256: str
    versions: list[PublishedJson]
    files: int
    bytes: int
    required: int
    pruned: list[str]
    findings: list[FindingJson]


class HeldManifestJson(BaseModel):
    """A manifest that the closed network has."""

    model_config = documented(HeldManifest)
    version: str
    sha256: str
    manifest_version: str | None


class HeldFileJson(BaseModel):
    """An artifact that the closed network has."""

    model_config = documented(HeldFile)
    path: str
    sha256: str


class MirrorWantedJson(BaseModel):
    """What a closed network needs, and what it has already."""

    model_config = documented(Wanted)
    schema_version: Literal[1]
    kind: Literal["mirror-wanted"]
    created_at: str
    versions: list[str]
    manifests: list[HeldManifestJson]
    files: list[HeldFileJson]
    digest: str


class VersionStatusJson(BaseModel):
    """How old one manifest is."""

    model_config = documented(VersionStatus)
    endpoint_version: str
    manifest_version: str | None
    artifacts: int
    missing: int
    published_at: str | None
    checked_at: str | None
    age_seconds: float | None
    upstream: str | None
    upstream_modified: str | None
    manifest_age_seconds: float | None
    problem: str


class MirrorStatusJson(BaseModel):
    """How old a mirror is."""

    model_config = documented(MirrorStatus)
    schema_version: Literal[1]
    kind: Literal["mirror-status"]
    complete: bool
    max_age_seconds: float | None
    fresh: bool | None
    folder: str
    versions: list[VersionStatusJson]


class LogSummaryJson(BaseModel):
    """How much of the logs could be used."""

    lines: int
    damaged: int
    others: int
    not_kept: int
    addresses: int


class LogVersionJson(BaseModel):
    """How many addresses were given a version's manifest."""

    endpoint_version: str
    addresses: int


class ManifestRequestsJson(BaseModel):
    """Requests for one version's manifest, or for artifacts."""

    model_config = documented(ManifestRequests)
    endpoint_version: str
    last: str
    last_status: int
    delivered: int
    unchanged: int
    refused: int


class CallerJson(BaseModel):
    """One address in the logs."""

    model_config = documented(Caller)
    address: str
    manifests: list[ManifestRequestsJson]
    artifacts: ManifestRequestsJson | None


class MirrorLogReportJson(BaseModel):
    """What a mirror's access logs prove."""

    model_config = documented(AccessLogReport)
    schema_version: Literal[1]
    kind: Literal["mirror-log-report"]
    files: list[str]
    first: str | None
    last: str | None
    summary: LogSummaryJson
    versions: list[LogVersionJson]
    callers: list[CallerJson]


class DataAgeJson(BaseModel):
    """How old the reports are that the verdicts rest on."""

    newest_seconds: int | None
    median_seconds: int | None
    oldest_seconds: int | None


class ManifestAnswer(BaseModel):
    """What a mirror answered for one endpoint version."""

    model_config = documented(MirrorManifest)
    mirror: str
    endpoint_version: str
    manifest_version: str | None
    published_at: str | None
    modified_at: str | None
    problem: str | None


class EndpointJson(BaseModel):
    """The verdict on one endpoint."""

    model_config = documented(Endpoint)
    agent_id: str
    hostname: str
    policy_id: str
    policy_name: str
    os: OperatingSystem | None
    status: str | None
    endpoint_version: str | None
    verdict: Verdict
    detail: str | None
    proof: Proof | None
    hashes_listed: int
    hashes_compared: int
    manifest_version: str | None
    mirror: str | None
    mirror_version: str | None
    revision: int | None
    expected_revision: int
    delivery: DeliveryState | None
    delivery_detail: str | None
    delivered_at: str | None
    reported_at: str | None
    download_status: Literal["warning", "failure"] | None
    download_message: str | None


class EndpointReportJson(BaseModel):
    """One verdict for every endpoint."""

    model_config = documented(EndpointReport)
    schema_version: Literal[1]
    kind: Literal["endpoint-report"]
    summary: dict[Verdict, int]
    source: str
    window: str
    read_at: str
    data_age: DataAgeJson
    complete: bool
    requests: int
    mirrors: list[ManifestAnswer]
    notes: list[str]
    endpoints: list[EndpointJson]


DOCUMENTS: Final[dict[str, type[BaseModel]]] = {
    "bundle-report": BundleReportJson,
    "doctor": DoctorJson,
    "endpoint-report": EndpointReportJson,
    "journal": JournalJson,
    "mirror-log-report": MirrorLogReportJson,
    "mirror-report": MirrorReportJson,
    "mirror-status": MirrorStatusJson,
    "mirror-wanted": MirrorWantedJson,
    "plan": PlanJson,
    "policies": PoliciesJson,
    "report": ReportJson,
    "sync-report": SyncReportJson,
}


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON schema of one kind of document."""
    made = DOCUMENTS[kind].model_json_schema(mode="serialization")
    tidy(made, lambda node: node.pop("title", None) if isinstance(node.get("title"), str) else None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **made}


def tidy(node: Any, change: Callable[[dict[str, Any]], object]) -> None:  # noqa: ANN401 - JSON
    """Change every object of a schema in place."""
    if isinstance(node, dict):
        change(node)
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict | list):
            tidy(child, change)


def text(kind: str) -> str:
    """Return the file of one schema."""
    return json.dumps(schema(kind), indent=2) + "\n"


def stale() -> list[str]:
    """Return the kinds whose file is not what the code says, or should not be there."""
    files = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    wanted = {kind: text(kind) for kind in DOCUMENTS}
    return sorted(kind for kind in {*files, *wanted} if files.get(kind) != wanted.get(kind))


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(f"run {sys.argv[0]} again for {', '.join(stale())}" if stale() else 0)
    for name in DOCUMENTS:
        (FOLDER / f"{name}.json").write_text(text(name), encoding="utf-8")
