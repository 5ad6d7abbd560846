"""The reading half of a Kibana: list, plan, look. It has no way to write anything."""

import logging
import os
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self

from elastic_mirror_policy._fleet.agent_versions import AgentVersions, read_agent_versions
from elastic_mirror_policy._fleet.api import Fleet, Reading, say_nothing
from elastic_mirror_policy._fleet.connect import Credentials, connect
from elastic_mirror_policy._fleet.environment import arguments_from
from elastic_mirror_policy._given import check_kind, paths_of
from elastic_mirror_policy._http.connections import Tls
from elastic_mirror_policy._http.download import optional_ca
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy._text import brief
from elastic_mirror_policy.diagnosis import Check, Diagnosis, State, examine, examine_air_gap
from elastic_mirror_policy.endpoints.from_elasticsearch import ElasticsearchResponses
from elastic_mirror_policy.endpoints.mirrors import filled_at
from elastic_mirror_policy.endpoints.read import Progress as EndpointProgress
from elastic_mirror_policy.endpoints.read import read_endpoints
from elastic_mirror_policy.endpoints.report import EndpointReport
from elastic_mirror_policy.endpoints.search import optional_search
from elastic_mirror_policy.errors import ConfigurationError, PlanError, StalePlanError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.mirror import read_access_logs
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import Reviewed, Rules, make_plan
from elastic_mirror_policy.plan.preflight import checks_for
from elastic_mirror_policy.policies.advanced import AdvancedSettings, advanced_settings
from elastic_mirror_policy.policies.inventory import (
    Inventory,
    Spaces,
    describe_spaces,
    given_spaces,
    read_by_id,
    read_documents,
    read_inventory,
    resolve_spaces,
)
from elastic_mirror_policy.policies.selection import Selection
from elastic_mirror_policy.policies.table import Policies
from elastic_mirror_policy.rollout.interrupt import Pauses
from elastic_mirror_policy.rollout.recheck import merge
from elastic_mirror_policy.rollout.rollback import make_rollback
from elastic_mirror_policy.settings import MirrorSettings

logger = logging.getLogger("elastic_mirror_policy.plan")

__all__ = ["AgentVersions", "Check", "Diagnosis", "KibanaReader", "Reading", "RetryPolicy", "State"]


class KibanaReader:
    """A Kibana with its credentials, for reading only; use it in `with`, or close it.

    Args:
        url: Kibana's URL, with its base path if it has one.
        api_key: The encoded API key, or `id:key`.
        username: User name, together with a password instead of an API key.
        password: The password.
        spaces: Ids of the spaces to work in, or `ALL_SPACES`; the default space when left out.
        ca_cert: PEM file, or several, of authorities to trust in place of the public ones.
        client_cert: PEM file with certificate and key, or a pair of files.
        timeout: Seconds to wait for the answer to one request; when left out, 30 for a read and
            120 for a write.
        retry: When to stop trying a failed read again.
        reading: Called with how many policies of a list of several pages have been read, and how
            many there are.
        sleep: What waits between attempts; for tests.

    Raises:
        ConfigurationError: Something of it cannot be used; nothing has been sent.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        username: str | None = None,
        password: str | None = None,
        spaces: Spaces = None,
        ca_cert: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        client_cert: str | tuple[str, str] | None = None,
        timeout: float | None = None,
        retry: RetryPolicy | None = None,
        reading: Reading | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        credentials = Credentials(api_key=api_key, username=username, password=password)
        for name, secret in (("api_key", api_key), ("username", username), ("password", password)):
            if not isinstance(secret, str | None):
                raise ConfigurationError(f"{name} must be a text.")  # it is not shown
        if timeout is not None:
            check_kind(timeout, (int, float), "timeout", "a number of seconds")
        tls = Tls(paths_of(ca_cert, "ca_cert"), client_cert)
        self._sleep = Pauses(sleep)
        self._spaces = given_spaces(spaces)
        self._http = connect(
            url, credentials, tls=tls, timeout=timeout, pool=17, sleep=self._sleep, retry=retry
        )
        self._fleet = Fleet(self._http, reading=reading or say_nothing)

    @classmethod
    def from_env(cls, **options: Any) -> Self:  # noqa: ANN401 - the arguments of the class
        """Return the Kibana that the environment names, with its credentials.

        Read are `KIBANA_URL` (or `KIBANA_ENDPOINT`), `KIBANA_API_KEY`, `KIBANA_USERNAME`,
        `KIBANA_PASSWORD`, `KIBANA_CA_CERT` (or `KIBANA_CA_CERTS`) and `KIBANA_SPACE`.

        Args:
            **options: Arguments of the class, which win over the environment.

        Raises:
            ConfigurationError: No Kibana is named, or something of it cannot be used.
        """
        return cls(**arguments_from(os.environ, options))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.url!r})"

    @property
    def url(self) -> str:
        """Kibana's URL, as plans and journals name it."""
        return self._http.base_url

    @property
    def version(self) -> str:
        """Kibana's version number.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: Kibana refused a request.
            UnsupportedKibanaError: It is older than 8.0.
        """
        return self._fleet.version.number

    @property
    def complaint(self) -> str:
        """What Kibana's own status page complains of; empty when it is well."""
        return self._fleet.complaint

    @property
    def requests_sent(self) -> int:
        """How many requests have been sent so far."""
        return self._http.requests_sent

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def asked_spaces(self, spaces: Spaces = None) -> tuple[str, ...]:
        """Return the spaces that are asked: these, those given to this object, or the default."""
        return resolve_spaces(self._fleet, spaces if spaces is not None else self._spaces)

    def inventory(self, selection: Selection | None = None, *, spaces: Spaces = None) -> Inventory:
        """Return the selected policies, the spaces that were asked, and what could not be read.

        Raises:
            PlanError: Nothing is selected.
            TransportError: No usable answer arrived.
            ApiError: Kibana refused a request.
        """
        if selection is not None:
            check_kind(selection, Selection, "selection", "a Selection")
        return read_inventory(self._fleet, self.asked_spaces(spaces), selection or Selection())

    def policies(self, selection: Selection | None = None, *, spaces: Spaces = None) -> Policies:
        """Return the selected Elastic Defend policies, sorted by space and name.

        Raises:
            PlanError: Nothing is selected.
            TransportError: No usable answer arrived.
            ApiError: Kibana refused a request.
        """
        return self.inventory(selection, spaces=spaces).policies

    def plan(
        self,
        intent: MirrorSettings | Rules | str,
        selection: Selection | None = None,
        *,
        spaces: Spaces = None,
        check_mirror: bool = True,
        mirror_ca_cert: str | os.PathLike[str] | None = None,
    ) -> Plan:
        """Return what it would take to give the selected policies these settings.

        Reads only. An empty selection is an error, never an empty plan. The mirrors that the plan
        points at are asked for the manifests of the agents' versions: one that is found broken
        makes the plan carry the risk `unhealthy-mirror`, one that cannot be reached the risk
        `unchecked-mirror`.

        Args:
            intent: What the policies should have, rules that say so for each, or the one base
                URL of all operating systems.
            selection: Which policies are meant; all when left out.
            spaces: Where to look, instead of the spaces given to this object.
            check_mirror: Whether mirrors are checked at all.
            mirror_ca_cert: PEM file of the CA that signed the mirror's certificate.

        Raises:
            ConfigurationError: The PEM file cannot be read.
            PlanError: Nothing is selected.
            TransportError: No usable answer arrived.
            ApiError: Kibana refused a request.
        """
        wanted = MirrorSettings.everywhere(intent) if isinstance(intent, str) else intent
        if not isinstance(wanted, MirrorSettings) and not hasattr(wanted, "settings_for"):
            raise ConfigurationError(
                f"A plan is made from MirrorSettings, rules or a URL, not from {brief(intent)}.",
                hint="Write MirrorSettings.everywhere(URL).",
            )
        ca_cert = optional_ca(mirror_ca_cert, "mirror_ca_cert")
        found = self.inventory(selection, spaces=spaces)
        info = self._info(found.spaces)
        notes = found.notes
        if isinstance(wanted, Reviewed):
            notes = (*notes, *wanted.review(found.everything))
        look = partial(
            checks_for,
            policies=found.policies,
            fleet=self._fleet,
            spaces=found.spaces,
            check=check_mirror,
            ca_cert=ca_cert,
        )
        made = make_plan(found.policies, wanted, info, notes=notes, look=look)
        logger.info("plan made: %s", made.gist)
        return made

    def advanced_settings(self, plan: Plan) -> dict[str, AdvancedSettings]:
        """Return all that the policies a plan changes will have under `advanced`, by policy id.

        What they have now, the keys that this package knows nothing of included, with the plan's
        edits made in it. For tools that rewrite `advanced` as a whole.

        Raises:
            StalePlanError: The plan is for another Kibana.
            UnexpectedPolicyError: A policy has something else where its settings should be.
            TransportError: No usable answer arrived.
            ApiError: Kibana refused the request.
        """
        self.check_target(plan)
        changes = {change.policy_id: change for change in plan.changes}
        wanted = [(change.space, policy_id) for policy_id, change in changes.items()]
        return {
            policy_id: advanced_settings(merge(document, changes[policy_id].edits))
            for _, policy_id, document in read_documents(self._fleet, wanted)
            if document is not None
        }

    def plan_rollback(self, journal: str | os.PathLike[str] | Journal) -> Plan:
        """Return what it would take to put back what this journal's rollout wrote.

        It is computed against what is there now; keys that somebody changed since carry the risk
        `overwrite-foreign`.

        Raises:
            JournalError: The journal cannot be used, or its rollout is still under way.
            StalePlanError: It was made with another Kibana.
            PlanError: It wrote nothing.
        """
        written = journal if isinstance(journal, Journal) else Journal.read(journal)
        written.check_ended()
        self.check_target(written.plan, f"The journal {written.path}")
        changes = [state.change for state in written.states if state.may_turn_up]
        if not changes:
            raise PlanError(f"The journal {written.path} wrote nothing; there is nothing to undo.")
        present = read_by_id(self._fleet, [(c.space, c.policy_id) for c in changes])
        return make_rollback(written, present, self._info(written.plan.kibana.spaces))

    def agent_versions(self, *, spaces: Spaces = None) -> AgentVersions:
        """Return the versions of the agents in these spaces, and of how many none is known.

        Raises:
            TransportError: No usable answer arrived.
            ApiError: Kibana refused a request.
        """
        return read_agent_versions(self._fleet, self.asked_spaces(spaces))

    def endpoints(
        self,
        selection: Selection | None = None,
        *,
        spaces: Spaces = None,
        mirror: str | None = None,
        mirror_ca_cert: str | os.PathLike[str] | None = None,
        synced_at: datetime | str | os.PathLike[str] | None = None,
        logs: Sequence[str | os.PathLike[str]] | None = None,
        elasticsearch_url: str | None = None,
        elasticsearch_api_key: str | None = None,
        elasticsearch_ca_cert: str | os.PathLike[str] | None = None,
        window: str = "30d",
        parallel: int = 4,
        now: Callable[[], float] = time.time,
        progress: EndpointProgress | None = None,
    ) -> EndpointReport:
        """Return one verdict for every agent of the selected policies.

        Each endpoint is compared with the mirror that its own policy names for its operating
        system. Kibana alone is asked once per agent; with Elasticsearch thousands take one request.

        Args:
            selection: Which policies are meant; all when left out.
            spaces: Where to look, instead of the spaces given to this object.
            mirror: Where you reach the mirror, when endpoints reach it by another URL.
            mirror_ca_cert: PEM file of the CA that signed the mirror's certificate.
            synced_at: When the mirror got what it publishes: a time with its zone, or the mirror's
                folder, whose record says it for each version. An endpoint that reported before
                that does not count as `behind`; when it is not known, the report says so.
            logs: Access logs of the mirror, to say of each endpoint whether the mirror delivered to
                an address that Fleet lists for it.
            elasticsearch_url: Elasticsearch's URL, to ask it for policy responses.
            elasticsearch_api_key: An API key that may read `metrics-endpoint.policy-*`.
            elasticsearch_ca_cert: PEM file of the CA that signed Elasticsearch's certificate.
            window: How far back reports are looked for, such as `30d`.
            parallel: Requests to Kibana at the same time, 1 to 16.
            now: The clock, in seconds since 1970; for tests.
            progress: Called with what is being read, how much has been, how much there is.

        Raises:
            ConfigurationError: An argument cannot be used; nothing was sent.
            PlanError: Nothing is selected.
            PermissionDeniedError: The credentials may not read agents or endpoints.
            TransportError: No usable answer arrived.
            ApiError: Kibana or Elasticsearch refused a request.
        """
        check_kind(parallel, int, "parallel", "a whole number")
        check_kind(window, str, "window", "a text such as 30d")
        if mirror is not None:
            check_kind(mirror, str, "mirror", "a URL")
        filled = filled_at(synced_at)
        log = None if logs is None else read_access_logs([os.fspath(file) for file in logs])
        with optional_search(
            elasticsearch_url, elasticsearch_api_key, elasticsearch_ca_cert, sleep=self._sleep
        ) as search:
            return read_endpoints(
                self._fleet,
                lambda: self.inventory(selection, spaces=spaces),
                mirror_url=mirror,
                mirror_ca_cert=optional_ca(mirror_ca_cert, "mirror_ca_cert"),
                synced_at=filled,
                elasticsearch=ElasticsearchResponses(search) if search else None,
                window=window,
                parallel=parallel,
                now=now,
                progress=progress,
                log=log,
            )

    def examine(
        self, *, air_gap: bool = False, mirror_ca_cert: str | os.PathLike[str] | None = None
    ) -> Diagnosis:
        """Return what a rollout needs and whether it is there; nothing is written.

        Args:
            air_gap: Also look at what a closed network needs, every mirror in a policy included.
            mirror_ca_cert: PEM file of the CA that signed the mirrors' certificates.

        Raises:
            ConfigurationError: The PEM file cannot be read.
        """
        ca = optional_ca(mirror_ca_cert, "mirror_ca_cert")
        found, versions = Diagnosis(examine(self._fleet, self._spaces)), self.agent_versions
        rows = examine_air_gap(self._fleet, self._spaces, found, versions, ca_cert=ca)
        return Diagnosis(found, rows if air_gap else ())

    def _info(self, spaces: Sequence[str]) -> KibanaInfo:
        return KibanaInfo(self.url, self.version, tuple(spaces))

    def check_target(self, plan: Plan, what: str = "The plan") -> None:
        """Check that `plan` was made for this Kibana and for the spaces given here, if any.

        Raises:
            StalePlanError: It was made for another one; both are named.
        """
        if plan.kibana.url != self.url:
            raise StalePlanError(
                f"{what} is for the Kibana at {plan.kibana.url}, not for {self.url}.",
                hint="Give the URL it was made with.",
            )
        if isinstance(self._spaces, tuple):
            foreign = sorted({change.space for change in plan.changes} - set(self._spaces))
            if foreign:
                raise StalePlanError(
                    f"{what} is for {describe_spaces(plan.kibana.spaces)}, not for "
                    f"{describe_spaces(self._spaces)}.",
                    hint="Give the spaces it was made with, or none.",
                )
