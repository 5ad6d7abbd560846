"""One endpoint with its verdict, and what one mirror publishes (pure)."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from elastic_mirror_policy._document import MOMENT, Described, Document, TextOrNull, or_null
from elastic_mirror_policy.endpoints.verdicts import Proof, Verdict
from elastic_mirror_policy.mirror.logs.delivery import DeliveryState
from elastic_mirror_policy.settings import OperatingSystem


@dataclass(frozen=True, slots=True)
class Endpoint(Described):
    """The verdict on one endpoint, with what it rests on.

    Attributes:
        agent_id: Its id in Fleet.
        hostname: Its host: data, never markup.
        policy_id: Its Elastic Defend policy.
        policy_name: The policy's name: data, never markup.
        os: `linux`, `mac`, `windows`, or empty when neither Fleet nor the endpoint says.
        status: Fleet's word for the agent: `online`, `offline` and others.
        endpoint_version: The version that picks the manifest.
        verdict: The verdict.
        detail: One clause: what was seen.
        proof: For `current`: `artifacts` when hashes were compared, `version` when none was.
        hashes_listed: For `current`: how many hashes of artifacts it lists.
        hashes_compared: For `current`: how many of them the mirror's manifest names, and so could
            be compared.
        manifest_version: The version of the artifacts it uses, or empty.
        mirror: The mirror it is compared with, or empty.
        mirror_version: What the mirror publishes for it, or None.
        revision: The revision of its policy that it applied, or None.
        expected_revision: The policy's present revision.
        reported_at: When it reported this, in seconds since 1970, or None.
        download_status: `warning` or `failure` when the endpoint itself says that it could not get
            its protection artifacts (`download_global_artifacts`), else empty.
        download_message: What it says about that: data, never markup.
        delivery: What the mirror's access log says, where one was read: `delivered`, `never-came`,
            `not-delivered` or `address-unknown`; else empty.
        delivery_detail: One sentence about that.
        delivered_at: When the mirror last gave it its manifest, in seconds since 1970, or None.
    """

    agent_id: str
    hostname: str
    policy_id: str
    policy_name: str
    os: Annotated[str, or_null(OperatingSystem)]
    status: TextOrNull
    endpoint_version: TextOrNull
    verdict: Verdict
    detail: TextOrNull = ""
    proof: Annotated[Proof, or_null(Proof)] = ""
    manifest_version: TextOrNull = ""
    mirror: TextOrNull = ""
    mirror_version: str | None = None
    revision: int | None = None
    expected_revision: int = 0
    reported_at: Annotated[float, MOMENT] | None = None
    hashes_listed: int = 0
    hashes_compared: int = 0
    download_status: Annotated[str, or_null(Literal["warning", "failure"])] = ""
    download_message: TextOrNull = ""
    delivery: Annotated[str, or_null(DeliveryState)] = ""
    delivery_detail: TextOrNull = ""
    delivered_at: Annotated[float, MOMENT] | None = None


@dataclass(frozen=True, slots=True)
class MirrorManifest(Described):
    """What a mirror answered when it was asked for the manifest of one endpoint version.

    Attributes:
        mirror: Its base URL.
        endpoint_version: The version that was asked for.
        manifest_version: What the manifest calls itself, or None.
        published_at: When it was published there, in seconds since 1970, or None when that is not
            known.
        modified_at: When it was last modified, as the mirror says: as a rule by the upstream, which
            is before the mirror got it.
        problem: Why there is none, or an empty string.
    """

    mirror: str
    endpoint_version: str
    manifest_version: str | None = None
    published_at: Annotated[float, MOMENT] | None = None
    modified_at: Annotated[float, MOMENT] | None = None
    problem: TextOrNull = ""


@dataclass(frozen=True, slots=True)
class DataAge(Document):
    """How old the reports are that the verdicts rest on, in seconds; None when there are none."""

    KEYS: ClassVar = (
        *("newest as newest_seconds", "median as median_seconds", "oldest as oldest_seconds"),
    )

    newest: int | None = None
    median: int | None = None
    oldest: int | None = None
