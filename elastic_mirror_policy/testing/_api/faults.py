"""Faults that tests put between a client and the fake Kibana."""

import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy.testing._api.answers import JSON, OWN_HEADERS, FakeAnswer

PathPattern: TypeAlias = str | re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with requests that match.

    A request matches by `method` and by `path`: a text it contains, or a compiled expression that
    is found in it (the query is part of the path). Matches are counted from 1; the fault fires at
    the `nth` and after, with `probability`, at most `times` times (None: always).

    What goes wrong: `status` with a `json`, `text` or `html` body; `redirect` to an address;
    `garbage`, a 200 that is not JSON; `truncate`, the real answer cut to this many bytes under its
    full `Content-Length`; `drop`, the connection is closed before or after the request was carried
    out; `delay` in seconds. With `committed` the request is carried out first and what goes wrong
    is only the answer. With `late` the answer comes first, and the request is carried out when
    `FakeKibana.carry_out_late` says so: Kibana was still at work when a proxy gave up.
    """

    method: str | None = None
    path: PathPattern = ""
    nth: int = 1
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    status: int | None = None
    json: JsonValue = None
    text: str | None = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | str | None = None
    drop: Literal["before", "after"] | None = None
    delay: float = 0.0
    truncate: int | None = None
    redirect: str | None = None
    garbage: bool = False
    committed: bool = False
    late: bool = False

    @property
    def replaces_answer(self) -> bool:
        """Whether the client gets something else than Kibana's own answer."""
        return bool(self.status or self.redirect or self.garbage or self.drop or self.late)

    @property
    def handles_request(self) -> bool:
        """Whether the request is carried out all the same."""
        if self.late:
            return False
        if self.drop is not None:
            return self.drop == "after"
        return self.committed or not self.replaces_answer

    def distort(self, answer: FakeAnswer) -> FakeAnswer:
        """Return what the client gets instead of `answer`."""
        if self.drop is not None:
            return FakeAnswer(0)
        if self.replaces_answer:
            answer = self._replacement()
        if self.truncate is None:
            return answer
        cut = answer.body[: self.truncate]
        return FakeAnswer(answer.status, answer.headers, cut, len(answer.body))

    def _replacement(self) -> FakeAnswer:
        headers = dict(self.headers)
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        if self.redirect is not None:
            return FakeAnswer(self.status or 302, {**headers, "location": self.redirect})
        if self.garbage:
            body, kind = b'{"items": [{"id": \xff\xfe', JSON
        elif self.html is not None:
            body, kind = self.html.encode(), "text/html; charset=utf-8"
        elif self.text is not None:
            body, kind = self.text.encode(), "text/plain; charset=utf-8"
        else:
            body, kind = encode(self._json_body()), JSON
            headers = {**OWN_HEADERS, **headers}
        return FakeAnswer(self.status or 200, {"content-type": kind, **headers}, body)

    def _json_body(self) -> JsonValue:
        if self.json is not None:
            return self.json
        return {"statusCode": self.status, "error": "Injected", "message": "An injected fault"}


@dataclass(slots=True)
class _Armed:
    fault: Fault
    draws: random.Random
    matches: int = 0
    fired: int = 0

    def is_due(self) -> bool:
        self.matches += 1
        if self.matches < self.fault.nth or self.fired == self.fault.times:
            return False
        return self.draws.random() < self.fault.probability


@dataclass(slots=True)
class _Interruption:
    method: str | None
    path: PathPattern
    nth: int
    call: Callable[[], object]
    matches: int = 0


class FaultBook:
    """The faults and interruptions that are set up, and how often they fired; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._interruptions: list[_Interruption] = []

    def inject(self, fault: Fault) -> None:
        """Set up one fault."""
        draws = random.Random(fault.seed)  # noqa: S311 - repeatable faults, not secrets
        with self._lock:
            self._armed.append(_Armed(fault, draws))

    def clear(self) -> None:
        """Take every fault and interruption back."""
        with self._lock:
            self._armed.clear()
            self._interruptions.clear()

    def before(
        self, method: str | None, path: PathPattern, nth: int, call: Callable[[], object]
    ) -> None:
        """Run `call` once, just before the nth matching request is handled."""
        with self._lock:
            self._interruptions.append(_Interruption(method, path, nth, call))

    @property
    def fired(self) -> tuple[tuple[Fault, int], ...]:
        """Every fault that was set up, with the number of times it fired."""
        with self._lock:
            return tuple((armed.fault, armed.fired) for armed in self._armed)

    def interrupt(self, method: str, target: str) -> None:
        """Run what was asked for before this request; outside of every lock."""
        calls = []
        with self._lock:
            for one in self._interruptions:
                if _matches(one.method, one.path, method, target):
                    one.matches += 1
                    if one.matches == one.nth:
                        calls.append(one.call)
        for call in calls:
            call()

    def take(self, method: str, target: str) -> Fault | None:
        """Return the fault for this request; the first that was set up wins."""
        with self._lock:
            due = [
                armed
                for armed in self._armed
                if _matches(armed.fault.method, armed.fault.path, method, target) and armed.is_due()
            ]
            if not due:
                return None
            due[0].fired += 1
            return due[0].fault


def _matches(wanted: str | None, pattern: PathPattern, method: str, target: str) -> bool:
    if wanted is not None and wanted.upper() != method:
        return False
    if isinstance(pattern, str):
        return pattern in target
    return pattern.search(target) is not None
