"""What a look at the endpoints found: a value per endpoint, counted and with its age (pure)."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.verdicts import Proof, Verdict
from elastic_mirror_policy.plan.plan import SCHEMA_VERSION

PROOF_NOTE: Final = (
    "That an endpoint runs what the mirror publishes does not prove that the mirror delivered it: "
    "only the mirror's access log does."
)


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
        proof: For `current`: `artifacts` when their hashes were compared, `version` when not.
        manifest_version: The version of the artifacts it uses, or empty.
        mirror: The mirror it is compared with, or empty.
        mirror_version: What the mirror publishes for it, or None.
        revision: The revision of its policy that it applied, or None.
        expected_revision: The policy's present revision.
        reported_at: When it reported this, in seconds since 1970, or None.
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
            "reported_at": None if self.reported_at is None else written(self.reported_at),
        }


@dataclass(frozen=True, slots=True)
class MirrorManifest:
    """What a mirror answered when it was asked for the manifest of one endpoint version.

    Attributes:
        mirror: Its base URL.
        endpoint_version: The version that was asked for.
        manifest_version: What the manifest calls itself, or None.
        published_at: When it was published there, in seconds since 1970, as far as known.
        problem: Why there is none, or an empty string.
    """

    mirror: str
    endpoint_version: str
    manifest_version: str | None = None
    published_at: float | None = None
    problem: str = ""

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as the JSON contract names it."""
        since = self.published_at
        return {
            "mirror": self.mirror,
            "endpoint_version": self.endpoint_version,
            "manifest_version": self.manifest_version,
            "published_at": None if since is None else written(since),
            "problem": self.problem or None,
        }


@dataclass(frozen=True, slots=True)
class DataAge:
    """How old the reports are that the verdicts rest on, in seconds; None when there are none."""

    newest: int | None = None
    median: int | None = None
    oldest: int | None = None


@dataclass(frozen=True, kw_only=True)
class EndpointReport:
    """One verdict for every endpoint that Fleet knows for the selected policies.

    Attributes:
        endpoints: The endpoints, in the order of their policies and hosts.
        mirrors: What the mirrors were asked for, and answered.
        notes: What is worth knowing about all of it, one sentence each.
        window: How far back reports were looked for, such as `30d`.
        source: Who was asked for them: `Kibana` or `Elasticsearch`.
        read_at: When, in seconds since 1970.
        complete: Whether nothing was left out, as far as the servers said.
        requests: Requests sent to Kibana and Elasticsearch.
    """

    endpoints: tuple[Endpoint, ...]
    mirrors: tuple[MirrorManifest, ...] = ()
    notes: tuple[str, ...] = ()
    window: str = "30d"
    source: str = "Kibana"
    read_at: float = 0.0
    complete: bool = True
    requests: int = 0

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many endpoints have each verdict."""
        return Counter(endpoint.verdict for endpoint in self.endpoints)

    @property
    def summary(self) -> dict[str, int]:
        """How many endpoints have each verdict, those that nobody has too."""
        return {verdict.value: self.counts[verdict] for verdict in Verdict}

    @property
    def exit_code(self) -> int:
        """0 when every endpoint is current, 2 when one is not, 1 when it could not be told.

        It could not be told when there is no endpoint, when something was left out, or when all
        that is not `current` is `unknown`.
        """
        known = self.counts[Verdict.CURRENT] + self.counts[Verdict.UNKNOWN]
        if known < len(self.endpoints):
            return 2
        told = bool(self.endpoints) and self.complete and not self.counts[Verdict.UNKNOWN]
        return 0 if told else 1

    @property
    def ok(self) -> bool:
        """Whether every endpoint is current; a report over none is not ok."""
        return self.exit_code == 0

    @cached_property
    def data_age(self) -> DataAge:
        """How old the reports are that the verdicts rest on."""
        ages = [
            max(0, int(self.read_at - endpoint.reported_at))
            for endpoint in self.endpoints
            if endpoint.reported_at is not None
        ]
        if not ages:
            return DataAge()
        return DataAge(min(ages), int(statistics.median(ages)), max(ages))

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as the JSON contract names it."""
        head = self._head()
        return {**head, "endpoints": [endpoint.to_dict() for endpoint in self.endpoints]}

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return "".join(self.json_parts())

    def json_parts(self) -> Iterator[str]:
        """Yield the report as JSON text in pieces, so that a large one need not be held twice."""
        yield json.dumps(self._head(), indent=2).removesuffix("\n}") + ',\n  "endpoints": ['
        between = "\n    "
        for endpoint in self.endpoints:
            yield between + json.dumps(endpoint.to_dict())
            between = ",\n    "
        yield "\n  ]\n}\n" if self.endpoints else "]\n}\n"

    def _head(self) -> dict[str, JsonValue]:
        age = self.data_age
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "endpoint-report",
            "summary": self.summary,
            "source": self.source,
            "window": self.window,
            "read_at": written(self.read_at),
            "data_age": {
                "newest_seconds": age.newest,
                "median_seconds": age.median,
                "oldest_seconds": age.oldest,
            },
            "complete": self.complete,
            "requests": self.requests,
            "mirrors": [mirror.to_dict() for mirror in self.mirrors],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        from elastic_mirror_policy.render import endpoints_text  # noqa: PLC0415 - it imports us

        return endpoints_text(self)

    def _repr_html_(self) -> str:
        from elastic_mirror_policy.render import endpoints_html  # noqa: PLC0415 - it imports us

        return endpoints_html(self)
