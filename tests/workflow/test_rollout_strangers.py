"""What answers is not the Kibana that was meant: too old, a login page, another product."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.rollouts import connected, outcome_of, planned, roll_out, writes

from elastic_mirror_policy import MirrorPolicyError
from elastic_mirror_policy.errors import UnsupportedKibanaError
from elastic_mirror_policy.testing import FakeKibana, Fault


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Two policies."""
    with FakeKibana() as served:
        for name in ("alpha", "beta"):
            served.add_policy(name, id=name)
        yield served


@pytest.mark.parametrize("version", ["7.17.0", "6.8.23"])
def test_a_kibana_that_is_too_old_is_refused(version: str) -> None:
    """Before anything but its version was asked for."""
    with (
        FakeKibana(version) as fake,
        connected(fake) as kibana,
        pytest.raises(UnsupportedKibanaError, match=r"needs 8\.0 or later"),
    ):
        planned(kibana)

    assert [request.path for request in fake.requests] == ["/api/status"]


@pytest.mark.parametrize("committed", [True, False])
def test_a_redirected_write_is_looked_at_and_not_sent_again(
    fake: FakeKibana, tmp_path: Path, *, committed: bool
) -> None:
    """A login page in the way stays in the way; reading shows what was written."""
    elsewhere = "https://elsewhere.example/"
    fake.inject(Fault(method="PUT", path="/beta", redirect=elsewhere, committed=committed))

    report = roll_out(fake, tmp_path / "a.journal")

    assert report.ok is committed
    assert len(fake.commits("beta")) == committed
    assert writes(fake).count("beta") == 1
    assert elsewhere in str(outcome_of(report, "beta"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(times=None, html="<html>login</html>", status=200),
        Fault(times=None, garbage=True),
        Fault(times=None, status=200, json=["not", "an", "object"]),
        Fault(times=None, status=200, json={"items": [{"no": "id"}], "total": 1}),
        Fault(path="package_policies", times=None, status=200, json={"items": [], "total": "1"}),
        Fault(path="package_policies", times=None, status=200, json={"items": [{"id": "x"}]}),
        Fault(path="package_policies", times=None, status=200, json=None, text="null"),
    ],
    ids=["login page", "garbage", "array", "no id", "total is a text", "no total", "null"],
)
def test_nonsense_instead_of_a_list_is_one_of_our_errors(fake: FakeKibana, fault: Fault) -> None:
    """A proxy, a login page, another product."""
    fake.inject(fault)

    with connected(fake) as kibana, pytest.raises(MirrorPolicyError):
        planned(kibana)
