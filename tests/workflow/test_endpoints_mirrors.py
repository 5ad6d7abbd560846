"""The mirrors that policies name are asked once each, and whatever they answer is no surprise."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from support.endpoints import VERSION, Stack, stack

from elastic_mirror_policy import ConfigurationError
from elastic_mirror_policy._http import download as _fetch
from elastic_mirror_policy._http.retry import RetryPolicy
from elastic_mirror_policy.endpoints.mirrors import Mirrors
from elastic_mirror_policy.endpoints.read import EndpointReport, Verdict, read_endpoints
from elastic_mirror_policy.mirror import sync_mirror
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import (
    example_artifacts,
    manifest_zip,
    zip_bomb,
)
from elastic_mirror_policy.testing._artifacts.faults import ArtifactAnswer, ArtifactFault
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

PATH = "/" + manifest_path(VERSION)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries do not wait."""
    monkeypatch.setattr(_fetch, "RETRY", RetryPolicy(attempts=2, total=10.0, base=0.0))


@pytest.fixture
def estate() -> Iterator[Stack]:
    """Four endpoints that have what the mirror publishes."""
    with stack() as made:
        made.add()
        made.fake.fetch_artifacts(made.mirror)
        made.mirror.forget_requests()
        yield made


def paths(estate: Stack) -> list[str]:
    """Return what the mirror was asked for."""
    return [request.path for request in estate.mirror.requests]


def reasons(found: EndpointReport) -> set[str]:
    """Return why endpoints have their verdicts."""
    return {one.detail for one in found.endpoints}


def test_a_manifest_is_asked_for_once(estate: Stack) -> None:
    """However many endpoints and policies there are."""
    estate.add("More", agents=20)
    estate.look()

    assert paths(estate) == [PATH]


def test_each_endpoint_version_has_its_manifest(estate: Stack) -> None:
    """One that the mirror lacks is asked for by every name that it may have."""
    first, *_ = estate.fake.agent_ids
    estate.fake.set_agents([first], version="9.5.0-SNAPSHOT")
    found = estate.look()
    folder = PATH.removesuffix(f"{VERSION}.zip")

    assert found.counts == {Verdict.CURRENT: 3, Verdict.NO_MANIFEST: 1}
    assert sorted(paths(estate)) == [PATH, f"{folder}9.5.0-SNAPSHOT.zip", f"{folder}9.5.0.zip"]


def test_a_snapshot_may_have_the_plain_manifest(estate: Stack) -> None:
    """Which name endpoints use is not documented."""
    estate.fake.set_agents(estate.fake.agent_ids, version=f"{VERSION}-SNAPSHOT")

    assert estate.look().counts == {Verdict.CURRENT: 4}


def test_the_answers_are_in_the_report(estate: Stack) -> None:
    """Which mirror, which version, what it published; since when is not known."""
    (seen,) = estate.look().mirrors

    assert (seen.mirror, seen.endpoint_version) == (estate.mirror.url, VERSION)
    assert seen.to_dict()["published_at"] is None
    assert seen.to_dict()["modified_at"] == "2026-01-05T12:00:00Z"
    assert seen.manifest_version == "1.0.260"


def test_a_policys_own_path_is_taken_literally(estate: Stack) -> None:
    """`<version>` is not replaced in it; every version has this one manifest."""
    setting = {"base_url": estate.mirror.url, "manifest_relative_url": PATH}
    at_mirror = {"artifacts": {"global": setting}}
    advanced = dict.fromkeys(("linux", "mac", "windows"), at_mirror)
    agents = estate.add("Literal", agents=3, mirror=None, advanced=advanced)
    estate.fake.fetch_artifacts(estate.mirror)
    estate.fake.set_agents(agents, version="9.5.0")
    found = estate.look()

    assert found.counts == {Verdict.CURRENT: 7}
    assert paths(estate) == [PATH, PATH]


def test_a_path_without_a_slash_is_not_guessed_about(estate: Stack) -> None:
    """What endpoints make of it is not known."""
    path = "linux.advanced.artifacts.global.manifest_relative_url"
    estate.fake.edit(estate.fake.policy_ids[0], path, PATH[1:])
    estate.fake.tick()
    found = estate.look()

    assert found.counts == {Verdict.UNKNOWN: 2, Verdict.CURRENT: 2}
    assert any("begins with no slash" in reason for reason in reasons(found))


@pytest.mark.parametrize("modified", [None, "", "yesterday", "Mon, 99 Jan 2026 12:00:00 GMT"])
def test_a_mirror_need_not_say_when_it_published(estate: Stack, modified: str | None) -> None:
    """Then an endpoint that is behind is behind."""

    def change(answer: ArtifactAnswer) -> ArtifactAnswer:
        headers = {k: v for k, v in answer.headers.items() if k != "Last-Modified"}
        named = {} if modified is None else {"Last-Modified": modified}
        return replace(answer, headers=headers | named)

    estate.mirror.release()
    estate.mirror.inject("*", change)
    found = estate.look()

    assert found.mirrors[0].published_at is None
    assert found.counts == {Verdict.BEHIND: 4}


def test_a_mirror_that_cannot_be_reached_leaves_its_endpoints_unknown(estate: Stack) -> None:
    """They may reach it all the same."""
    with FakeArtifactServer.example(VERSION) as gone:
        estate.fake.edit(
            estate.fake.policy_ids[0], "linux.advanced.artifacts.global.base_url", gone.url
        )
    estate.fake.tick()
    found = estate.look()

    assert found.counts == {Verdict.UNKNOWN: 2, Verdict.CURRENT: 2}
    assert found.exit_code == 1
    assert any("cannot be asked from here" in reason for reason in reasons(found))


def test_a_mirror_that_cannot_be_reached_is_asked_once(estate: Stack) -> None:
    """Not again for every version of its endpoints."""
    estate.fake.set_agents(estate.fake.agent_ids[:2], version="9.5.0")
    estate.mirror.inject("*", faults.redirect("https://elsewhere.example/"))
    found = estate.look()

    assert set(found.counts) == {Verdict.UNKNOWN}
    assert len(paths(estate)) == 1


@pytest.mark.parametrize(
    "served",
    [
        faults.status(500),
        faults.status(403),
        faults.replaced(b"<html>Please log in</html>"),
        faults.replaced(zip_bomb(1 << 24)),
        faults.replaced(manifest_zip({"artifacts": {}})),
        faults.replaced(manifest_zip({"artifacts": {"a": {"relative_url": "/../../etc/passwd"}}})),
        faults.huge(),
        faults.truncated(),
    ],
)
def test_what_is_no_manifest_proves_nothing(estate: Stack, served: ArtifactFault) -> None:
    """An error page, a bomb, a path that leaves the tree: the endpoints are `unknown`."""
    estate.mirror.inject("*", served)
    found = estate.look()

    assert set(found.counts) == {Verdict.UNKNOWN}
    assert found.exit_code == 1


def test_a_manifest_without_hashes_leaves_the_version(estate: Stack) -> None:
    """Only relative URLs are publicly documented."""
    document = {
        "manifest_version": "1.0.260",
        "artifacts": {"production-rules-linux-v1": {"relative_url": "/downloads/endpoint/a"}},
    }
    estate.mirror.serve_manifest(VERSION, manifest_zip(document))
    found = estate.look()

    assert {one.proof for one in found.endpoints} == {"version"}


def test_a_manifest_without_a_version_leaves_the_hashes(estate: Stack) -> None:
    """They are the stronger proof anyway."""
    estate.mirror.edit_manifest(VERSION, lambda document: document.pop("manifest_version"))
    found = estate.look()

    assert found.counts == {Verdict.CURRENT: 4}
    assert {one.proof for one in found.endpoints} == {"artifacts"}


def test_hashes_that_never_match_are_pointed_out(estate: Stack) -> None:
    """That they are the manifest's `decoded_sha256` is well founded, not documented."""
    estate.fake.report_artifacts(
        estate.fake.agent_ids,
        version="1.0.260",
        identifiers={artifact.name: "0" * 64 for artifact in estate.mirror.artifacts(VERSION)},
    )
    found = estate.look()

    assert found.counts == {Verdict.BEHIND: 4}
    assert any("decoded_sha256" in note for note in found.notes)


def test_a_report_from_before_the_release_is_stale(estate: Stack) -> None:
    """Until the endpoint has had its hour and reported again."""
    estate.mirror.release()
    released = estate.look().mirrors[0].modified_at
    assert released is not None
    estate.fake.set_clock(datetime.fromtimestamp(released + 1800, UTC))
    estate.fake.report_artifacts(estate.fake.agent_ids, version="1.0.260")
    too_soon = estate.look()
    estate.fake.set_clock(datetime.fromtimestamp(released + 7200, UTC))
    estate.fake.report_artifacts(estate.fake.agent_ids, version="1.0.260")

    found = estate.look()

    assert too_soon.counts == {Verdict.STALE_REPORT: 4}
    assert found.counts == {Verdict.BEHIND: 4}
    assert any("When the mirror got its manifests is not known" in note for note in found.notes)


def test_endpoints_that_differ_only_in_when_they_reported_are_told_apart(estate: Stack) -> None:
    """What they have in common is worked out once; the time of each is its own."""
    estate.mirror.release()
    released = estate.look().mirrors[0].modified_at
    assert released is not None
    early, *late = estate.fake.agent_ids
    for moment, agents in ((released + 7200, late), (released + 1800, [early])):
        estate.fake.set_clock(datetime.fromtimestamp(moment, UTC))
        estate.fake.report_artifacts(agents, version="1.0.260")

    found = estate.look()

    assert found.counts == {Verdict.STALE_REPORT: 1, Verdict.BEHIND: 3}
    stale = next(one for one in found.endpoints if one.verdict is Verdict.STALE_REPORT)
    assert stale.agent_id == early
    assert len({one.reported_at for one in found.endpoints}) == 4


def test_the_record_of_the_mirrors_folder_says_when_it_was_filled(
    estate: Stack, tmp_path: Path
) -> None:
    """Per version; a host that reported before that could not have taken what is there now."""
    estate.mirror.release()
    now = datetime.fromtimestamp(estate.fake.now, UTC)
    for moment, verdict in (
        (now, Verdict.STALE_REPORT),
        (now - timedelta(days=9), Verdict.BEHIND),
    ):
        folder = tmp_path / verdict
        sync_mirror(folder, endpoint_versions=[VERSION], upstream=estate.mirror.url, now=moment)
        found = estate.kibana.endpoints(synced_at=folder, now=lambda: estate.fake.now)
        again = estate.kibana.endpoints(synced_at=moment, now=lambda: estate.fake.now)
        text = estate.kibana.endpoints(synced_at=moment.isoformat(), now=lambda: estate.fake.now)

        assert found.counts == again.counts == text.counts == {verdict: 4}
        assert found.mirrors[0].published_at == moment.timestamp()
        assert not any("not known" in note for note in found.notes)


def test_a_record_that_lacks_a_version_says_nothing_of_it(estate: Stack, tmp_path: Path) -> None:
    """Then it is not known, as without the record."""
    with FakeArtifactServer.example("9.0.0") as other:
        sync_mirror(tmp_path, endpoint_versions=["9.0.0"], upstream=other.url)
    found = estate.kibana.endpoints(synced_at=tmp_path, now=lambda: estate.fake.now)

    assert found.mirrors[0].published_at is None


@pytest.mark.parametrize("wrong", ["yesterday", ".", datetime(2026, 1, 5)])  # noqa: DTZ001 - the mistake
def test_a_time_that_is_none_is_refused(
    estate: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str | datetime
) -> None:
    """A word, a folder without a record, a time without its zone."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigurationError):
        estate.kibana.endpoints(synced_at=wrong)


def test_the_time_of_the_sync_can_be_given(estate: Stack) -> None:
    """A mirror that keeps upstream's times does not tell when it was filled."""
    estate.mirror.release()
    found = read_endpoints(
        estate.kibana._fleet,
        estate.kibana.inventory,
        synced_at=estate.fake.now,
        now=lambda: estate.fake.now,
    )

    assert found.counts == {Verdict.STALE_REPORT: 4}
    assert found.mirrors[0].published_at == estate.fake.now


@pytest.mark.parametrize("url", ["mirror.corp", "https://mirror.corp/downloads", "ftp://mirror"])
def test_an_override_that_is_no_mirror_is_refused(url: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ConfigurationError, match="The mirror's URL"):
        Mirrors(url)


def test_a_mirror_with_its_own_authority_is_asked_with_it(tmp_path: Path) -> None:
    """Endpoints have it from their policy or their system; here it is passed."""
    authority = trustme.CA()
    paths = [tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem")]
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(paths[0])
    certificate.cert_chain_pems[0].write_to_path(paths[1])
    certificate.private_key_pem.write_to_path(paths[2])
    tls = (str(paths[1]), str(paths[2]))
    with (
        stack() as estate,
        FakeArtifactServer({VERSION: example_artifacts(VERSION)}, tls=tls) as mirror,
    ):
        estate.add(mirror=mirror.url)
        estate.fake.fetch_artifacts(mirror)
        with_it, without = estate.look(mirror_ca_cert=paths[0]), estate.look()

    assert with_it.counts == {Verdict.CURRENT: 4}
    assert without.counts == {Verdict.UNKNOWN: 4}


def test_a_certificate_that_cannot_be_read_is_refused(estate: Stack) -> None:
    """It is the operator's slip, not the mirror's fault."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        estate.look(mirror_ca_cert="no-such-file.pem")
