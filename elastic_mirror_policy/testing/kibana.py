"""FakeKibana: a strict Kibana Fleet in memory, to try things out and to test against.

::

    from elastic_mirror_policy.testing import FakeKibana

    with FakeKibana.example() as fake:
        print(fake.url, fake.api_key)

It refuses what Kibana refuses, in Kibana's words, version by version; where Kibana's behaviour is
not known for sure it is the stricter of the two.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote

from elastic_mirror_policy.testing._api.access import USERNAME, Credentials, Role
from elastic_mirror_policy.testing._api.answers import FakeAnswer, KibanaError, json_answer
from elastic_mirror_policy.testing._api.dispatch import Brain, Request
from elastic_mirror_policy.testing._api.faults import Fault, FaultBook, PathPattern
from elastic_mirror_policy.testing._kibana.estate import Estate
from elastic_mirror_policy.testing._kibana.example import fill
from elastic_mirror_policy.testing._kibana.state import Conditions
from elastic_mirror_policy.testing._kibana.versions import parse_version
from elastic_mirror_policy.testing._serving.serving import Served

_POLICY = re.compile(r"/api/fleet/package_policies/(?!_bulk_get)([^/]+)$")


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """One request that was answered, without its credentials and its body.

    Attributes:
        status: The status the client got; 0 when the connection was closed instead.
        policy_id: The package policy its path names, or None.
    """

    method: str
    path: str
    query: str
    status: int
    policy_id: str | None


class FakeKibana(Estate, Served):
    """A Kibana of one version: a state, and `handle`, which answers one request.

    As a context manager it serves itself on 127.0.0.1.

    Attributes:
        latency: Seconds every answer takes; parallel requests wait in parallel.
        packager_every: The background packager runs after every this many requests; None: never.
    """

    def __init__(
        self,
        version: str = "9.4.2",
        *,
        serverless: bool = False,
        space_aware: bool | None = None,
        base_path: str = "",
        checks_version: bool = False,
        protected_settings: bool = False,
        allow_expensive_queries: bool = True,
        license: str = "platinum",  # noqa: A002 - what Kibana calls it
    ) -> None:
        """Set up an empty Kibana.

        Args:
            version: 7.17 or any from 8.0 to 9.5.
            serverless: Whether it is a serverless project: the newest behaviour.
            space_aware: Whether policies belong to spaces; by default from 9.1.
            base_path: `server.basePath`, such as `/kibana`.
            checks_version: Whether a stale `version` is a conflict from 8.8 on, too. No release
                known today looks at it, but for a policy without `meta` (kibana#291902).
            protected_settings: Whether only a superuser may change artifact settings
                (kibana#287027, taken back since).
            allow_expensive_queries: `search.allow_expensive_queries` of its Elasticsearch: whether
                queries may have wildcards.
            license: `basic`, `standard`, `gold`, `platinum` or `enterprise`. Policies are made
                with the features of Platinum whatever it is, as if it had lapsed since.

        Raises:
            ValueError: The version cannot be read.
        """
        served = parse_version(version, serverless=serverless)
        aware = served.since((9, 1)) if space_aware is None else space_aware
        conditions = Conditions(
            served, aware, license, checks_version, protected_settings, allow_expensive_queries
        )
        Estate.__init__(self, conditions)
        Served.__init__(self, base_path)
        self.latency = 0.0
        self.packager_every: int | None = None
        self._credentials = Credentials("synthetic")
        self._brain = Brain(self._state, self._credentials, self.base_path)
        self._faults = FaultBook()
        self._requests: list[FakeRequest] = []
        self._late: list[Request] = []

    @classmethod
    def example(
        cls,
        version: str = "9.4.2",
        *,
        policies: int = 6,
        size_bytes: int | None = None,
        space_aware: bool | None = None,
        serverless: bool = False,
        base_path: str = "",
        license: str = "platinum",  # noqa: A002 - what Kibana calls it
    ) -> Self:
        """Return a Kibana with policies that can all be planned and applied without any risk.

        Each has its own agent policy with a few agents. One has an older mirror. There is a second
        space, `emea`; where policies belong to spaces it holds two more of them. There is also a
        package policy of another integration.
        """
        fake = cls(
            version,
            serverless=serverless,
            space_aware=space_aware,
            base_path=base_path,
            license=license,
        )
        fill(fake, policies, size_bytes, space_aware=fake.is_space_aware)
        return fake

    @property
    def version(self) -> str:
        """The version it reports."""
        return self._state.conditions.version.number

    @property
    def is_space_aware(self) -> bool:
        """Whether policies belong to spaces."""
        return self._state.conditions.space_aware

    @property
    def api_key(self) -> str:
        """An encoded API key with all rights of Fleet and Elastic Defend, not a superuser's."""
        return self._credentials.key_for("full")

    @property
    def username(self) -> str:
        """The name of the superuser."""
        return USERNAME

    @property
    def password(self) -> str:
        """The password of the superuser."""
        return self._credentials.password

    def key_for(self, role: Role) -> str:
        """Return an encoded API key with the rights of a role.

        `read` may read Fleet; `defend` has Elastic Defend Policy Management only;
        `fleet-no-agents` has Fleet without agents; `none` has nothing; `superuser` has everything.

        Raises:
            ValueError: There is no such role.
        """
        return self._credentials.key_for(role)

    def restart(self, version: str) -> None:
        """Go on as another version with the same state: Kibana was upgraded.

        Raises:
            ValueError: The version cannot be read.
        """
        with self._lock:
            conditions = self._state.conditions
            conditions.version = parse_version(version, serverless=conditions.version.serverless)

    # --- faults ---------------------------------------------------------------------------------

    def inject(self, fault: Fault) -> None:
        """Let something go wrong with requests that match."""
        self._faults.inject(fault)

    def before(
        self, method: str | None, path: PathPattern, nth: int, call: Callable[[], object]
    ) -> None:
        """Run `call` once, just before the nth request that matches: somebody came in between."""
        self._faults.before(method, path, nth, call)

    def clear_faults(self) -> None:
        """Take every fault and interruption back."""
        self._faults.clear()

    @property
    def faults_fired(self) -> int:
        """How many times a fault hit a request."""
        return sum(count for _, count in self._faults.fired)

    # --- requests -------------------------------------------------------------------------------

    @property
    def requests(self) -> tuple[FakeRequest, ...]:
        """Every request that was handled, oldest first."""
        with self._lock:
            return tuple(self._requests)

    def forget_requests(self) -> None:
        """Begin the record of requests anew."""
        with self._lock:
            self._requests.clear()

    def handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> FakeAnswer:
        """Answer one request; faults and latency included.

        Args:
            method: The HTTP method.
            path: The path with its query.
            headers: The headers, names in any case.
            body: The bytes of the body.
        """
        plain, _, query = path.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        request = Request(method.upper(), plain, query, lowered, body)
        self._faults.interrupt(request.method, path)
        fault = self._faults.take(request.method, path)
        self._pause(self.latency + (fault.delay if fault and not fault.committed else 0.0))
        answer = FakeAnswer(0)
        if fault is None or fault.handles_request:
            answer = self._answer(request)
        if fault is not None:
            if fault.late:
                self._late.append(request)
            self._pause(fault.delay if fault.committed else 0.0)
            answer = fault.distort(answer)
        self._record(request, answer)
        return answer

    def carry_out_late(self) -> tuple[int, ...]:
        """Carry out what faults with `late` put off, and return the statuses nobody gets."""
        with self._lock:
            waiting, self._late = self._late, []
        return tuple(self._answer(request).status for request in waiting)

    def _answer(self, request: Request) -> FakeAnswer:
        try:
            with self._lock:
                value, headers = self._brain.answer(request)
        except KibanaError as error:
            return json_answer(error.body(), error.status)
        return json_answer(value, headers=headers)

    def _pause(self, seconds: float) -> None:
        if seconds > 0:
            self._stopping.wait(seconds)

    def _record(self, request: Request, answer: FakeAnswer) -> None:
        named = _POLICY.search(request.path)
        policy_id = unquote(named[1]) if named else None
        record = FakeRequest(request.method, request.path, request.query, answer.status, policy_id)
        with self._lock:
            self._requests.append(record)
            every = self.packager_every
            if every is not None and len(self._requests) % every == 0:
                self.run_packager()
