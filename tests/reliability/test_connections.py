"""Connections end with the client, whatever else is still kept."""

import pytest
from support.rollouts import connected
from support.watched import WatchedKibana

from elastic_mirror_policy import TransportError
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
        fake.let_requests_end()

        assert caught.value.__traceback__ is not None
        assert not server._open
