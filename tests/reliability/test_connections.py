"""Connections end with the client, whatever else is still kept."""

import multiprocessing

import pytest
from support.rollouts import connected
from support.watched import WatchedKibana, let_requests_end

from elastic_mirror_policy import Kibana, TransportError
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.testing import Fault

pytestmark = pytest.mark.timeout(60)


def test_a_kept_error_keeps_no_connection_open() -> None:
    """Its traceback leads to the pool; closing does not wait until it is forgotten."""
    with WatchedKibana() as fake:
        fake.add_policy("Servers")
        fake.inject(Fault(path="package_policies", drop="before"))
        with connected(fake, retry=RetryPolicy(attempts=1)) as kibana:
            with pytest.raises(TransportError) as caught:
                kibana.policies()
            kibana.policies()
        server = fake._server
        assert server is not None
        let_requests_end(fake)

        assert caught.value.__traceback__ is not None
        assert not server._open


def _names(kibana: Kibana, found: "multiprocessing.SimpleQueue[list[str]]") -> None:
    found.put([policy.name for policy in kibana.policies()])


def test_another_process_opens_its_own_connections() -> None:
    """A connection that two processes share gives each of them the other's answers."""
    context = multiprocessing.get_context("fork")
    with WatchedKibana() as fake, connected(fake) as kibana:
        fake.add_policy("Servers")
        kibana.policies()
        before = fake.connections
        found = context.SimpleQueue()
        process = context.Process(target=_names, args=(kibana, found))
        process.start()
        here = [policy.name for policy in kibana.policies()]
        there = found.get()
        process.join()

        assert here == there == ["Servers"]
        assert fake.connections == before + 1
