"""A Kibana, an Elasticsearch and a mirror without sockets, whose answers can be tampered with."""

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from support.endpoints import NOW, VERSION
from support.hostile_answers import Tampering
from support.memory_http import Asked, Raw, all_http, answer
from support.rollouts import Naps

from elastic_mirror_policy import Kibana
from elastic_mirror_policy.testing import FakeElasticsearch, FakeKibana
from elastic_mirror_policy.testing._artifacts.content import (
    example_artifacts,
    manifest_document,
    manifest_zip,
)

KIBANA: Final = "http://kibana.example"
SEARCH: Final = "http://search.example"
MIRROR: Final = "http://mirror.example"
LAST_MODIFIED: Final = "Thu, 01 Jan 2026 00:00:00 GMT"
REQUESTS: Final = 2_000
"""More requests than any command needs here: beyond, it counts as one that never ends."""

_WRITE = re.compile(r"/api/fleet/package_policies/[^/]+")


class NeverEndsError(BaseException):
    """A client went on asking."""


def mirror_files(version: str = VERSION) -> Mapping[str, bytes]:
    """Return what a mirror has, by path."""
    artifacts = example_artifacts(version)
    document = manifest_document("1.0.260", artifacts)
    files = {artifact.relative_url: artifact.wire for artifact in artifacts}
    return {
        f"/downloads/endpoint/manifest/artifacts-{version}.zip": manifest_zip(document),
        **files,
    }


@dataclass
class HostileStack:
    """Answers every request of this process, and tampers with some of the answers.

    Attributes:
        fake: The Kibana.
        search: The Elasticsearch.
        files: What the mirror has.
        tampering: What comes in place of an answer; None changes nothing.
        first: The first answer that is tampered with, from 0.
        count: How many in a row are.
        only: Part of the targets whose answers are.
        asked: Every request.
    """

    fake: FakeKibana
    search: FakeElasticsearch
    files: Mapping[str, bytes] = field(default_factory=mirror_files)
    tampering: Tampering | None = None
    first: int = 0
    count: int = 1
    only: str = ""
    asked: list[Asked] = field(default_factory=list)
    matching: int = 0

    def __call__(self, asked: Asked) -> Raw:
        """Return what comes over the line."""
        self.asked.append(asked)
        if len(self.asked) > REQUESTS:
            raise NeverEndsError(asked.target)
        given = self._honest(asked)
        if self.tampering is None or self.only not in asked.target:
            return given
        self.matching += 1
        hit = self.first < self.matching <= self.first + self.count
        return self.tampering(given) if hit else given

    def _honest(self, asked: Asked) -> bytes:
        if asked.host.startswith("mirror."):
            body = self.files.get(asked.path)
            return answer(
                body or b"", 404 if body is None else 200, {"Last-Modified": LAST_MODIFIED}
            )
        server = self.search if asked.host.startswith("search.") else self.fake
        given = server.handle(asked.method, asked.target, asked.headers, asked.body)
        return answer(given.body, given.status, given.headers)

    @property
    def writes(self) -> list[Asked]:
        """Every request to write a policy that exists."""
        known = set(self.fake.policy_ids)
        return [
            one
            for one in self.asked
            if one.method == "PUT" and one.path.rpartition("/")[2] in known
        ]

    @property
    def strays(self) -> list[Asked]:
        """Every request that may change something and is not a write of one policy."""
        harmless = ("_bulk_get", "_search")
        return [
            one
            for one in self.asked
            if one.method != "GET"
            and not one.path.endswith(harmless)
            and not (one.method in {"PUT", "HEAD"} and _WRITE.search(one.path))
            and one.method != "HEAD"
        ]

    def begin_anew(self) -> None:
        """Forget what was asked, and tamper with nothing."""
        self.asked.clear()
        self.fake.forget_requests()
        self.tampering = None
        self.first, self.count, self.only, self.matching = 0, 1, "", 0

    def client(self, **options: Any) -> Kibana:  # noqa: ANN401 - what Kibana takes
        """Return a client that never waits."""
        return Kibana(KIBANA, **{"api_key": self.fake.api_key, "sleep": Naps(), **options})


def new_stack(version: str = VERSION, policies: int = 3, agents: int = 2) -> HostileStack:
    """Return a stack with some policies, whose agents have reported."""
    fake = FakeKibana(version)
    for number in range(policies):
        fake.add_policy(f"Policy {number}", agents=agents, mirror=MIRROR if number else None)
    fake.set_clock(NOW)
    return HostileStack(fake, FakeElasticsearch(fake))


@contextlib.contextmanager
def hostile_stack(version: str = VERSION, **options: int) -> Iterator[HostileStack]:
    """Give a new stack that answers all HTTP of this process."""
    stack = new_stack(version, **options)
    with all_http(stack):
        yield stack
