"""Rollouts over TLS: whom to trust, and connections that break off."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from support.rollouts import commit_counts, connected, outcome_of, planned, writes

from elastic_mirror_policy import TransportError
from elastic_mirror_policy.testing import FakeKibana, Fault


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """An authority that no system trusts."""
    return trustme.CA()


@pytest.fixture
def ca_cert(authority: trustme.CA, tmp_path: Path) -> Path:
    """Its certificate in a file."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def fake(authority: trustme.CA) -> Iterator[FakeKibana]:
    """One policy, served over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    fake = FakeKibana()
    fake.add_policy("alpha", id="alpha")
    with fake.serve(ssl_context=context):
        yield fake


def test_a_rollout_over_tls_needs_the_authority(
    fake: FakeKibana, ca_cert: Path, tmp_path: Path
) -> None:
    """`ca_cert=` is all it takes."""
    with connected(fake, ca_cert=ca_cert) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert report.ok


def test_an_unknown_authority_is_refused_and_the_hint_says_what_to_give(fake: FakeKibana) -> None:
    """At once: trying again would not help."""
    with connected(fake) as kibana, pytest.raises(TransportError, match="--ca-cert"):
        planned(kibana)

    assert fake.connections == 1
    assert fake.requests == ()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_write_whose_connection_breaks_off_is_looked_at(
    fake: FakeKibana, ca_cert: Path, tmp_path: Path, moment: str
) -> None:
    """An end without farewell is an error of TLS, and says nothing about the write."""
    fake.inject(Fault(method="PUT", drop="before" if moment == "before" else "after"))
    with connected(fake, ca_cert=ca_cert) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert outcome_of(report, "alpha").outcome == "succeeded"
    assert commit_counts(fake) == {"alpha": 1}
    assert len(writes(fake)) == (1 if moment == "after" else 2)


def test_a_read_whose_connection_breaks_off_is_tried_again(
    fake: FakeKibana, ca_cert: Path, tmp_path: Path
) -> None:
    """As without TLS."""
    fake.inject(Fault(method="GET", path="package_policies", drop="before"))
    with connected(fake, ca_cert=ca_cert) as kibana:
        report = kibana.apply(planned(kibana), journal=tmp_path / "a.journal")

    assert report.ok
