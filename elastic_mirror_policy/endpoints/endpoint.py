"""One endpoint with its verdict, and what one mirror publishes (pure)."""

from dataclasses import dataclass

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.verdicts import Proof, Verdict


@dataclass(frozen=True, slots=True)
class Endpoint:
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
    os: str
    status: str
    endpoint_version: str
    verdict: Verdict
    detail: str = ""
    proof: Proof = ""
    manifest_version: str = ""
    mirror: str = ""
    mirror_version: str | None = None
    revision: int | None = None
    expected_revision: int = 0
    reported_at: float | None = None
    hashes_listed: int = 0
    hashes_compared: int = 0
    download_status: str = ""
    download_message: str = ""
    delivery: str = ""
    delivery_detail: str = ""
    delivered_at: float | None = None

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it; what is not known is null."""
        return {
            "agent_id": self.agent_id,
            "hostname": self.hostname,
            "policy_id": self.policy_id,
            "policy_name": self.policy_name,
            "os": self.os or None,
            "status": self.status or None,
            "endpoint_version": self.endpoint_version or None,
            "verdict": self.verdict.value,
            "detail": self.detail or None,
            "proof": self.proof or None,
            "manifest_version": self.manifest_version or None,
            "mirror": self.mirror or None,
            "mirror_version": self.mirror_version,
            "revision": self.revision,
            "expected_revision": self.expected_revision,
            "reported_at": _written(self.reported_at),
            "hashes_listed": self.hashes_listed,
            "hashes_compared": self.hashes_compared,
            "download_status": self.download_status or None,
            "download_message": self.download_message or None,
            "delivery": self.delivery or None,
            "delivery_detail": self.delivery_detail or None,
            "delivered_at": _written(self.delivered_at),
        }


@dataclass(frozen=True, slots=True)
class MirrorManifest:
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
    published_at: float | None = None
    modified_at: float | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        return {
            "mirror": self.mirror,
            "endpoint_version": self.endpoint_version,
            "manifest_version": self.manifest_version,
            "published_at": _written(self.published_at),
            "modified_at": _written(self.modified_at),
            "problem": self.problem or None,
        }


@dataclass(frozen=True, slots=True)
class DataAge:
    """How old the reports are that the verdicts rest on, in seconds; None when there are none."""

    newest: int | None = None
    median: int | None = None
    oldest: int | None = None


def _written(seconds: float | None) -> str | None:
    return None if seconds is None else written(seconds)
