"""Servers for the benchmark, each in a process of its own, ended by closing its standard input.

Run as a script: `bench_servers.py kibana '{"policies": 200}'`. The first line printed is JSON
with what a client needs.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from elastic_mirror_policy.testing import FakeArtifactServer, FakeElasticsearch, FakeKibana, Fault
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact

Facts = dict[str, Any]


@contextmanager
def kibana(
    *,
    policies: int,
    version: str = "9.4.2",
    size_bytes: int | None = None,
    latency: float = 0.0,
    put_latency: float = 0.0,
    space_aware: bool | None = None,
) -> Iterator[Facts]:
    """Serve an example Kibana with so many policies of about `size_bytes`.

    `put_latency` is what a write takes on top of `latency`.
    """
    fake = FakeKibana.example(
        version, policies=policies, size_bytes=size_bytes, space_aware=space_aware
    )
    fake.latency = latency
    if put_latency:
        fake.inject(Fault(method="PUT", delay=put_latency, times=None))
    with fake:
        yield {"url": fake.url, "key": fake.api_key}


@contextmanager
def estate(*, policies: int, agents: int, mirror: str) -> Iterator[Facts]:
    """Serve a Kibana whose policies have a mirror and many agents, and its Elasticsearch."""
    fake = FakeKibana("9.4.2")
    for number in range(policies):
        fake.add_policy(f"Policy {number:05}", mirror=mirror, agents=agents // policies)
    fake.check_in(manifest_version="1.0.260")
    with ExitStack() as stack:
        stack.enter_context(fake)
        search = stack.enter_context(FakeElasticsearch(fake))
        yield {
            "url": fake.url,
            "key": fake.api_key,
            "search": search.url,
            "search_key": search.api_key,
        }


def pattern(number: int, size: int) -> bytes:
    """Return so many bytes that are different for every number."""
    return (number.to_bytes(4, "big") * (size // 4 + 1))[:size]


@contextmanager
def artifacts(*, count: int, size: int, latency: float = 0.0) -> Iterator[Facts]:
    """Serve one endpoint version with so many artifacts of so many bytes."""
    one = [
        SyntheticArtifact(f"artifact-{n:04}", pattern(n, size), compression="none")
        for n in range(count)
    ]
    with FakeArtifactServer({"9.4.2": one}, latency=latency) as server:
        yield {"url": server.url}


SERVERS: dict[str, Callable[..., Any]] = {
    "artifacts": artifacts,
    "estate": estate,
    "kibana": kibana,
}

if __name__ == "__main__":
    with SERVERS[sys.argv[1]](**json.loads(sys.argv[2])) as facts:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
