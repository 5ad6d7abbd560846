"""Before a plan points policies at a mirror, the mirror is asked what their agents will ask."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from support.rollouts import connected

from elastic_mirror_policy import ConfigurationError, MirrorSettings, Plan, UnsafePlanError
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana, Fault
from elastic_mirror_policy.testing._artifacts.content import example_artifacts
from elastic_mirror_policy.testing.artifact_server import ETagStyle


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Two policies with agents."""
    with FakeKibana() as served:
        served.add_policy("alpha", agents=2)
        served.add_policy("beta", agents=1)
        yield served


@pytest.fixture
def mirror(fake: FakeKibana) -> Iterator[FakeArtifactServer]:
    """A mirror with all that these agents need."""
    with FakeArtifactServer.example(fake.version) as server:
        yield server


def plan_for(fake: FakeKibana, url: str, **credentials: str) -> Plan:
    """Plan this mirror for every policy."""
    with connected(fake, **credentials) as kibana:
        return kibana.plan(MirrorSettings.everywhere(url))


def said(plan: Plan) -> str:
    """Return every warning of a plan, each once."""
    return "\n".join({warning: None for change in plan.changes for warning in change.warnings})


def risks(plan: Plan) -> set[str]:
    """Return every risk of a plan."""
    return {risk for change in plan.changes for risk in change.risks}


def test_a_mirror_that_serves_them_is_not_mentioned(
    fake: FakeKibana, mirror: FakeArtifactServer
) -> None:
    """It was asked for headers only."""
    plan = plan_for(fake, mirror.url)
    artifacts = [one.method for one in mirror.requests if not one.path.endswith(".zip")]

    assert risks(plan) == set()
    assert "checked" not in said(plan)
    assert set(artifacts) == {"HEAD"}


def test_a_mirror_that_would_fail_them_is_a_risk(
    fake: FakeKibana, mirror: FakeArtifactServer
) -> None:
    """Every change carries it, with the worst that was found and how much more there is."""
    mirror.etag_style = ETagStyle.DASHED

    plan = plan_for(fake, mirror.url)

    assert risks(plan) == {"unhealthy-mirror"}
    assert f"The mirror {mirror.url} is unhealthy: " in said(plan)


def closed_url() -> str:
    """Return the address of a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_a_mirror_out_of_reach_is_a_risk_of_its_own(fake: FakeKibana) -> None:
    """A slip in the host name must not go to every policy."""
    url = closed_url()

    plan = plan_for(fake, url)

    assert risks(plan) == {"unchecked-mirror"}
    assert f"The mirror {url} was not checked: " in said(plan)


ODD_VERSIONS = ("nine", "9.3", "v9.3.4", "9.3.4/../../x")
"""What agents may report in place of a version."""


@pytest.mark.parametrize("odd", ODD_VERSIONS)
def test_an_agent_of_an_odd_version_hides_no_other(fake: FakeKibana, odd: str) -> None:
    """What it would ask for is not known; what the others ask for is looked at all the same."""
    fake.enrol(fake.document(fake.policy_ids[0])["policy_ids"][0], version=odd)
    with FakeArtifactServer.example(fake.version) as broken:
        broken.etag_style = ETagStyle.DASHED
        unwell = plan_for(fake, broken.url)
    with FakeArtifactServer.example(fake.version) as good:
        well = plan_for(fake, good.url)

    assert risks(unwell) == {"unhealthy-mirror"}
    assert risks(well) == set()
    assert f"only: Some agents report what is not a version: {odd!r}." in said(well)


def test_odd_versions_are_named_up_to_a_number(fake: FakeKibana) -> None:
    """A fleet may have as many as agents."""
    for odd in ODD_VERSIONS:
        fake.enrol(fake.document(fake.policy_ids[0])["policy_ids"][0], version=odd)
    with connected(fake) as kibana:
        found = kibana.agent_versions()

    assert (found.versions, found.unusable) == ((fake.version,), tuple(sorted(ODD_VERSIONS)))
    assert found.lacks() == (
        "Some agents report what is not a version: '9.3', '9.3.4/../../x', 'nine' and 1 more.",
    )


@pytest.mark.parametrize("versions", [[], [""], ["nine"]], ids=str)
def test_without_a_usable_version_a_mirror_is_only_looked_for(versions: list[str]) -> None:
    """What agents would ask for is not known, which is said; that a host exists can be seen."""
    with FakeKibana() as fake, FakeArtifactServer.example(fake.version) as mirror:
        fake.add_policy("alpha", agents=len(versions))
        for agent, version in zip(fake.agent_ids, versions, strict=True):
            fake.set_agents([agent], version=version)
        near, far = plan_for(fake, mirror.url), plan_for(fake, closed_url())

    assert "was not checked: there is no agent whose version could be asked for." in said(near)
    assert risks(near) == set()
    assert risks(far) == {"unchecked-mirror"}


def test_agents_that_cannot_be_read_leave_it_unchecked(
    fake: FakeKibana, mirror: FakeArtifactServer
) -> None:
    """With Kibana's reason."""
    fake.inject(Fault(path="/api/fleet/agents", status=403, json={"message": "Forbidden"}))

    plan = plan_for(fake, mirror.url)

    assert risks(plan) == set()
    assert "was not checked: the agents' versions could not be read: " in said(plan)


def test_a_mirror_out_of_reach_is_a_risk_even_where_agents_cannot_be_read(
    fake: FakeKibana,
) -> None:
    """Whether it can be reached needs no agent: it is asked for Kibana's own version."""
    fake.inject(Fault(path="/api/fleet/agents", status=403, json={"message": "Forbidden"}))

    assert risks(plan_for(fake, closed_url())) == {"unchecked-mirror"}


def test_a_check_that_was_switched_off_is_said_and_no_risk(fake: FakeKibana) -> None:
    """Who switches it off has said so."""
    url = closed_url()
    with connected(fake) as kibana:
        plan = kibana.plan(url, check_mirror=False)

    assert risks(plan) == set()
    assert f"The mirror {url} was not checked: the check was switched off." in said(plan)


def test_what_was_not_checked_is_repeated_by_the_report(fake: FakeKibana, tmp_path: Path) -> None:
    """And the risk has to be allowed before anything is written."""
    url = closed_url()
    with connected(fake) as kibana:
        plan = kibana.plan(url)
        with pytest.raises(UnsafePlanError, match="--allow unchecked-mirror"):
            kibana.apply(plan, journal=tmp_path / "a.journal")
        report = kibana.apply(plan, journal=tmp_path / "a.journal", allow=["unchecked-mirror"])

    assert report.ok
    (note,) = report.notes
    assert note.startswith(f"The mirror {url} was not checked: ")
    assert note in report.to_dict()["notes"]
    assert "was not checked" in str(report)


@pytest.mark.parametrize("there", [False, True], ids=["set by the plan", "there already"])
def test_the_mirror_is_checked_with_the_ca_that_its_endpoints_will_have(
    fake: FakeKibana, tmp_path: Path, *, there: bool
) -> None:
    """Otherwise a mirror with a certificate of one's own could not be reached from here."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key = str(tmp_path / "chain.pem"), str(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    artifacts = {fake.version: example_artifacts(fake.version)}
    with FakeArtifactServer(artifacts, tls=(chain, key)) as mirror:
        settings = {"ca_cert": authority.cert_pem.bytes().decode()}
        if there:
            for policy in fake.policy_ids:
                for system in ("linux", "mac", "windows"):
                    path = f"{system}.advanced.artifacts.global.ca_cert"
                    fake.edit(policy, path, settings["ca_cert"])
        with connected(fake) as kibana:
            wanted = MirrorSettings.everywhere(mirror.url, **({} if there else settings))
            plan = kibana.plan(wanted)
            without = kibana.plan(MirrorSettings.everywhere(mirror.url))

    assert risks(plan) == set()
    assert risks(without) == (set() if there else {"unchecked-mirror"})


def test_a_fleet_of_very_many_versions_is_asked_for_some_of_them(
    fake: FakeKibana, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request for each, up to a limit; here it is set lower."""
    monkeypatch.setattr("elastic_mirror_policy._fleet.agent_versions.MAX_VERSIONS", 3)
    attached = fake.document(fake.policy_ids[0])["policy_ids"][0]
    for minor in range(5):
        fake.enrol(attached, version=f"8.{minor}.0")
    monkeypatch.setattr("elastic_mirror_policy._fleet.agent_versions.PER_PAGE", 1)
    before = len(fake.requests)
    with connected(fake) as kibana:
        found = kibana.agent_versions()

    assert len(found.versions) == 3
    assert not found.complete
    assert len([one for one in fake.requests[before:] if "/agents" in one.path]) == 4


@pytest.mark.parametrize("place", ["first", "middle", "last"])
@pytest.mark.parametrize("per_page", [1, 20])
@pytest.mark.parametrize("version", ["8.5.0", "9.4.2"])
def test_an_agent_without_a_version_hides_no_other(
    monkeypatch: pytest.MonkeyPatch, place: str, per_page: int, version: str
) -> None:
    """It is counted, and every version of the others is listed."""
    monkeypatch.setattr("elastic_mirror_policy._fleet.agent_versions.PER_PAGE", per_page)
    with FakeKibana(version) as fake, connected(fake) as kibana:
        policy = fake.add_agent_policy("servers")
        for at, agent_version in enumerate(("9.3.4", "9.9.9", "8.14.0+build202406201002")):
            bare = ("first", "middle", "last").index(place) == at
            fake.enrol(policy, version=agent_version, together=True)
            fake.set_agents(fake.enrol(policy) if bare else (), version="")
        found = kibana.agent_versions()

    assert found.versions == ("8.14.0+build202406201002", "9.3.4", "9.9.9")
    assert (found.unversioned, found.complete) == (1, True)


def test_agents_without_a_version_are_said_in_the_plan(
    fake: FakeKibana, mirror: FakeArtifactServer
) -> None:
    """The mirror is well for the others, as far as was looked."""
    fake.set_agents(fake.agent_ids[:1], version="")

    plan = plan_for(fake, mirror.url)

    assert "was checked for known versions only: 1 agent has no version" in said(plan)
    assert risks(plan) == set()


def test_versions_that_kibana_did_not_all_list_are_said(
    fake: FakeKibana, mirror: FakeArtifactServer
) -> None:
    """A list that ends early is not the whole fleet."""
    page = {"items": [{"id": "a", "agent": {"version": fake.version}}], "total": 30}
    fake.inject(Fault(path="/api/fleet/agents", status=200, json=page, times=None))

    plan = plan_for(fake, mirror.url)

    assert "Kibana did not list the versions of all agents." in said(plan)


def test_a_ca_file_that_is_not_there_ends_the_plan_before_anything_is_asked(
    fake: FakeKibana,
) -> None:
    """A warning would let the write go on without the check that was asked for."""
    with connected(fake) as kibana, pytest.raises(ConfigurationError, match="cannot be read"):
        kibana.plan(MirrorSettings.everywhere("https://m.example"), mirror_ca_cert="none.pem")

    assert not fake.requests


def test_a_ca_file_that_was_given_stands_in_for_what_policies_will_have(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """The mirror is reached from here with it, though no policy has a certificate."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    chain, key, ca = (str(tmp_path / name) for name in ("chain.pem", "key.pem", "ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(chain)
    certificate.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    artifacts = {fake.version: example_artifacts(fake.version)}
    with FakeArtifactServer(artifacts, tls=(chain, key)) as mirror, connected(fake) as kibana:
        wanted = MirrorSettings.everywhere(mirror.url)
        given, without = kibana.plan(wanted, mirror_ca_cert=ca), kibana.plan(wanted)

    assert (risks(given), risks(without)) == (set(), {"unchecked-mirror"})
