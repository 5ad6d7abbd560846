"""What a look at the endpoints found: a value per endpoint, counted and with its age (pure)."""

import json
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal

from elastic_mirror_policy._document import MOMENT, Document, as_json
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._time import written
from elastic_mirror_policy.endpoints.endpoint import DataAge, Endpoint, MirrorManifest
from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.endpoints.view import endpoints_view
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.view import kibana_banner
from elastic_mirror_policy.render.records import Recorded
from elastic_mirror_policy.render.view import View

PROOF_NOTE: Final = (
    "That an endpoint runs what the mirror publishes does not prove that the mirror delivered it: "
    "only the mirror's access log does."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class EndpointReport(Recorded, Document):
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
        kibana: Which Kibana was asked for policies and agents.
    """

    kind: ClassVar[Literal["endpoint-report"]] = "endpoint-report"
    KEYS: ClassVar = (
        *("summary", "kibana", "source", "window", "read_at", "data_age", "complete", "requests"),
        *("mirrors", "notes", "endpoints"),
    )

    endpoints: tuple[Endpoint, ...]
    mirrors: tuple[MirrorManifest, ...] = ()
    notes: tuple[str, ...] = ()
    window: str = "30d"
    source: str = "Kibana"
    read_at: Annotated[float, MOMENT] = 0.0
    complete: bool = True
    requests: int = 0
    kibana: KibanaInfo | None = None

    @cached_property
    def counts(self) -> Counter[Verdict]:
        """How many endpoints have each verdict."""
        return Counter(endpoint.verdict for endpoint in self.endpoints)

    @property
    def summary(self) -> dict[Verdict, int]:
        """How many endpoints have each verdict, those that nobody has too."""
        return {verdict: self.counts[verdict] for verdict in Verdict}

    @property
    def exit_code(self) -> int:
        """0 when every endpoint is current, 2 when one is not, 1 when it could not be determined.

        It could not be determined when there is no endpoint, when something was left out, or when
        all that is not `current` is `unknown`.
        """
        if not self.complete:
            return 1
        known = self.counts[Verdict.CURRENT] + self.counts[Verdict.UNKNOWN]
        if known < len(self.endpoints):
            return 2
        return 0 if self.endpoints and not self.counts[Verdict.UNKNOWN] else 1

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

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return "".join(self.json_parts())

    def json_parts(self) -> Iterator[str]:
        """Yield the report as JSON text in pieces, so that a large one need not be held twice."""
        head = as_json(self, without=["endpoints"])
        yield json.dumps(head, indent=2).removesuffix("\n}") + ',\n  "endpoints": ['
        between = "\n    "
        for endpoint in self.endpoints:
            yield between + json.dumps(endpoint.to_dict())
            between = ",\n    "
        yield "\n  ]\n}\n" if self.endpoints else "]\n}\n"

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        counts = ", ".join(f"{n:,} {verdict.value}" for verdict, n in self.counts.most_common())
        return f"{len(self.endpoints):,} endpoints: {counts}" if counts else "no endpoint"

    COLUMNS: ClassVar = tuple(field.name for field in fields(Endpoint))

    def to_records(self) -> list[dict[str, JsonValue]]:
        """Return one flat dict for each endpoint."""
        return [endpoint.to_dict() for endpoint in self.endpoints]

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: a table by policy and verdict, then the reasons."""
        view = endpoints_view(
            self.endpoints,
            mirrors=self.mirrors,
            notes=self.notes,
            banner=(
                *(kibana_banner(self.kibana) if self.kibana else ()),
                ("source", self.source),
                ("window", self.window),
                ("read at", written(self.read_at)),
            ),
            exit_code=self.exit_code,
            age=self.data_age,
            requests=self.requests,
        )
        return (view,)
