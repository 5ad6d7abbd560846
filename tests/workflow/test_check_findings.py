"""A check finds what keeps endpoints from updating, and says what it could not tell."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import trustme
from support.trees import QUICK

from elastic_mirror_policy._http import download as _fetch
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror import (
    Finding,
    FindingCode,
    MirrorReport,
    Progress,
    check_mirror,
    mirror_status,
)
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    manifest_zip,
    synthetic_artifacts,
    zip_bomb,
)
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

Edit = Callable[[dict[str, dict[str, dict[str, object]]]], object]
MODEL = "endpointpe-v4-model"
MANIFEST = "/downloads/endpoint/manifest/artifacts-9.1.3.zip"
ALWAYS = {FindingCode.PLAIN_HTTP}


@pytest.fixture
def mirror() -> Iterator[FakeArtifactServer]:
    """A good mirror of three endpoint versions."""
    with FakeArtifactServer.example() as server:
        yield server


def check(
    mirror: FakeArtifactServer, *versions: str, fast: bool = False, timeout: float = 5.0
) -> MirrorReport:
    """Check the mirror for 9.1.3, or other versions; every finding says what it is about."""
    asked = versions or ("9.1.3",)
    report = check_mirror(mirror.url, endpoint_versions=asked, fast=fast, timeout=timeout)
    assert [f for f in report.findings if not says_what_it_is_about(f, asked)] == []
    return report


def says_what_it_is_about(finding: Finding, asked: tuple[str, ...]) -> bool:
    """Whether a finding has a path that can be fetched, words, and versions that were asked for."""
    texts = (finding.path, finding.message, finding.hint, *finding.versions)
    about_one_file = finding.path.startswith("/")
    return (
        all(isinstance(text, str) for text in texts)
        and bool(finding.message)
        and (about_one_file if finding.versions else finding.path == "" or about_one_file)
        and set(finding.versions) <= set(asked)
    )


def codes(report: MirrorReport) -> set[FindingCode]:
    """The codes of the findings, but for the one about plain http."""
    return {finding.code for finding in report.findings} - ALWAYS


def test_a_good_mirror_is_healthy(mirror: FakeArtifactServer) -> None:
    """Manifest, ETag, 304 and every artifact are as endpoints need them."""
    report = check(mirror, "9.1.3", "9.2.0")

    assert report.healthy
    assert report.exit_code == 0
    assert codes(report) == set()
    assert [(v.manifest_version, v.artifacts) for v in report.versions] == [("1.0.260", 7)] * 2


def test_every_artifact_is_read_once(mirror: FakeArtifactServer) -> None:
    """Also when two versions name it; a manifest is asked for in the three ways of a client."""
    check(mirror, "9.1.3", "9.2.0")
    asked = [request.path for request in mirror.requests]

    assert len(asked) == len(set(asked)) + 4 == 11 + 6
    assert sum(request.status == 304 for request in mirror.requests) == 2


def test_a_fast_check_reads_headers_only(mirror: FakeArtifactServer) -> None:
    """No byte of an artifact is asked for."""
    report = check(mirror, fast=True)
    artifacts = [r for r in mirror.requests if not r.path.endswith(".zip")]

    assert report.healthy
    assert {request.method for request in artifacts} == {"HEAD"}
    assert len(artifacts) == 7


@pytest.mark.parametrize(
    ("style", "code", "healthy"),
    [
        (ETagStyle.DASHED, FindingCode.ETAG_DASHED, False),
        (ETagStyle.ABSENT, FindingCode.ETAG_ABSENT, False),
        (ETagStyle.WEAK, FindingCode.ETAG_WEAK, True),
        (ETagStyle.UNQUOTED, FindingCode.ETAG_UNQUOTED, True),
    ],
)
def test_the_etag_decides(
    mirror: FakeArtifactServer,
    style: ETagStyle,
    code: FindingCode,
    healthy: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """What is documented to fail is an error; what nobody knows is a warning."""
    mirror.etag_style = style
    report = check(mirror)

    assert codes(report) == {code}
    assert report.healthy is healthy
    assert report.findings[0].path == MANIFEST


def with_header(name: str, *values: str) -> faults.ArtifactFault:
    """A fault that sends a header, another value each time."""
    left = list(values)
    return lambda answer: replace(answer, headers={**answer.headers, name: left.pop(0)})


def test_an_etag_of_other_characters_is_a_warning(mirror: FakeArtifactServer) -> None:
    """Apache's `FileETag Digest` is base64; whether endpoints take it is not documented."""
    mirror.inject(MANIFEST, with_header("ETag", *['"ab+/="'] * 3))

    assert FindingCode.ETAG_UNUSUAL in codes(check(mirror))


def test_a_compressed_manifest_is_a_warning(mirror: FakeArtifactServer) -> None:
    """It was asked for as it is."""
    mirror.inject(MANIFEST, faults.compressed())
    report = check(mirror)

    assert codes(report) == {FindingCode.CONTENT_ENCODED}
    assert "gzip" in report.findings[0].message


def test_an_etag_that_changes_is_a_warning(mirror: FakeArtifactServer) -> None:
    """Two nodes behind one name that do not agree make endpoints load everything again."""
    mirror.conditional = False
    mirror.inject(MANIFEST, with_header("ETag", '"node1"', '"node1"', '"node2"'))

    assert codes(check(mirror)) == {
        FindingCode.ETAG_UNSTABLE,
        FindingCode.CONDITIONAL_IGNORED,
    }


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("versions", [("9.1.3",), ("9.1.3", "9.2.0")])
def test_one_etag_for_everything_is_an_error(
    mirror: FakeArtifactServer, versions: tuple[str, ...], *, fast: bool
) -> None:
    """Whatever is published next, endpoints would not notice; an artifact's ETag shows it too."""
    mirror.etag_style = ETagStyle.CONSTANT
    report = check(mirror, *versions, fast=fast)
    found = [f for f in report.findings if f.code is FindingCode.ETAG_CONSTANT]

    assert report.exit_code == 2
    assert [version.healthy for version in report.versions] == [False] * len(versions)
    assert {version for f in found for version in f.versions} == set(versions)
    assert all('"5ca1ab1e"' in f.message for f in found)


def test_etags_made_of_equal_times_are_no_constant(mirror: FakeArtifactServer) -> None:
    """Apache's `FileETag MTime` and files of one release: each ETag follows its file."""
    mirror.etag_style = ETagStyle.TIMED

    assert codes(check(mirror, "9.1.3", "9.2.0")) == set()


def test_compression_for_a_client_that_accepts_it_is_a_warning(
    mirror: FakeArtifactServer,
) -> None:
    """The ETag is another one then, with a dash; whether endpoints ask so is not documented."""
    mirror.compress = True
    report = check(mirror)

    assert codes(report) == {FindingCode.COMPRESSES}
    assert report.healthy
    assert report.findings[0].path == MANIFEST
    assert "gzip" in report.findings[0].message


def test_another_etag_for_a_client_that_accepts_compression_is_a_warning(
    mirror: FakeArtifactServer,
) -> None:
    """Also where the bytes are the same, as with too small a file."""
    mirror.conditional = False
    mirror.inject(MANIFEST, with_header("ETag", '"ab"', '"cd"', '"ab"'))

    assert codes(check(mirror)) == {FindingCode.COMPRESSES, FindingCode.CONDITIONAL_IGNORED}


def test_an_error_for_a_client_that_accepts_compression_is_a_warning(
    mirror: FakeArtifactServer,
) -> None:
    """Nobody knows what an endpoint accepts."""

    def fail(answer: faults.ArtifactAnswer) -> faults.ArtifactAnswer:
        return faults.status(406)(answer) if "Content-Encoding" in answer.headers else answer

    mirror.compress = True
    mirror.inject(MANIFEST, fail)
    report = check(mirror)

    assert codes(report) == {FindingCode.COMPRESSES}
    assert "406" in report.findings[0].message


RELEASED = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(("days", "old"), [(30, False), (31, True)])
def test_a_limit_for_the_age_is_held(mirror: FakeArtifactServer, days: int, *, old: bool) -> None:
    """By the time the manifest was modified; without a limit the age is told only."""
    now = RELEASED + timedelta(days=days)
    limited = check_mirror(
        mirror.url, endpoint_versions=["9.1.3"], fast=True, max_age="30d", now=now
    )
    told = check_mirror(mirror.url, endpoint_versions=["9.1.3"], fast=True, now=now)
    assert told.fast

    assert codes(limited) == ({FindingCode.TOO_OLD} if old else set())
    assert limited.exit_code == (2 if old else 0)
    assert told.healthy
    assert told.versions[0].age_seconds == days * 86_400
    assert told.versions[0].modified_at == "2026-01-05T12:00:00Z"


def test_the_upstreams_present_manifest_is_never_too_old(mirror: FakeArtifactServer) -> None:
    """A version that gets no releases any more; what is behind the upstream is told as older."""
    with FakeArtifactServer.example("9.1.3") as upstream:
        look = partial(
            check_mirror,
            mirror.url,
            endpoint_versions=["9.1.3"],
            upstream=upstream.url,
            max_age="30d",
            now=RELEASED + timedelta(days=99),
        )
        same = look()
        upstream.release()
        behind = look()

    assert codes(same) == set()
    assert codes(behind) == {FindingCode.TOO_OLD, FindingCode.BEHIND_UPSTREAM}
    assert any("The upstream's is 3 d newer." in finding.message for finding in behind.findings)


def test_an_upstream_that_cannot_be_asked_excuses_nothing(mirror: FakeArtifactServer) -> None:
    """Then the manifest's own time counts."""
    report = check_mirror(
        mirror.url,
        endpoint_versions=["9.1.3"],
        upstream="http://127.0.0.1:9",
        max_age="30d",
        now=RELEASED + timedelta(days=99),
    )

    assert codes(report) == {FindingCode.TOO_OLD, FindingCode.UPSTREAM_UNREACHABLE}


def test_an_age_that_is_not_known_is_neither_old_nor_new(mirror: FakeArtifactServer) -> None:
    """Nor is a manifest that is not there."""
    mirror.inject(MANIFEST, with_header("Last-Modified", *["yesterday"] * 9))
    report = check_mirror(mirror.url, endpoint_versions=["9.1.3", "9.9.9"], max_age="30d")
    known = report.versions[0]

    assert codes(report) == {FindingCode.AGE_UNKNOWN, FindingCode.MANIFEST_MISSING}
    assert (known.healthy, known.age_seconds, known.modified_at) == (None, None, None)


@pytest.mark.parametrize("limit", ["soon", "0d", "-1d"])
def test_a_limit_that_is_no_span_of_time_is_refused(
    mirror: FakeArtifactServer, tmp_path: Path, limit: str
) -> None:
    """Before anybody is asked."""
    with pytest.raises(ConfigurationError, match="largest age"):
        check_mirror(mirror.url, endpoint_versions=["9.1.3"], max_age=limit)
    with pytest.raises(ConfigurationError, match="largest age"):
        mirror_status(tmp_path, max_age=limit)
    assert mirror.requests == ()


def test_a_mirror_that_ignores_conditions_works_and_is_told(mirror: FakeArtifactServer) -> None:
    """The documented nginx configuration does so by design."""
    mirror.conditional = False
    report = check(mirror)

    assert codes(report) == {FindingCode.CONDITIONAL_IGNORED}
    assert report.healthy


def test_a_condition_that_ends_in_an_error_is_a_warning(mirror: FakeArtifactServer) -> None:
    """Some web application firewalls dislike If-None-Match."""
    failing = faults.status(412)
    mirror.inject(MANIFEST, lambda answer: answer if answer.status == 200 else failing(answer))

    assert codes(check(mirror)) == {FindingCode.CONDITIONAL_FAILED}


@pytest.mark.parametrize(
    ("fault", "code", "healthy"),
    [
        (faults.missing(), FindingCode.MANIFEST_MISSING, False),
        (faults.status(410), FindingCode.MANIFEST_MISSING, False),
        (faults.status(451), FindingCode.REFUSED, False),
        (faults.status(400), FindingCode.REFUSED, False),
        (faults.status(429), FindingCode.SERVER_ERROR, None),
        (faults.status(403), FindingCode.REFUSED, False),
        (faults.status(401), FindingCode.REFUSED, False),
        (faults.redirect("/login"), FindingCode.REDIRECT, False),
        (faults.replaced(b"<html>Please log in</html>"), FindingCode.MANIFEST_UNREADABLE, False),
        (faults.replaced(zip_bomb(64 << 20)), FindingCode.MANIFEST_UNREADABLE, False),
        (faults.replaced(manifest_zip({"artifacts": {}})), FindingCode.MANIFEST_UNREADABLE, False),
        (faults.huge(1 << 30), FindingCode.MANIFEST_UNREADABLE, False),
        (faults.endless(), FindingCode.MANIFEST_UNREADABLE, False),
        (faults.status(503), FindingCode.SERVER_ERROR, None),
        (faults.truncated(), FindingCode.UNREACHABLE, None),
    ],
)
def test_a_manifest_that_cannot_be_had_is_a_finding_and_no_error(
    mirror: FakeArtifactServer,
    fault: faults.ArtifactFault,
    code: FindingCode,
    healthy: bool | None,  # noqa: FBT001 - the expected answer
) -> None:
    """A passing error leaves the answer open; a lasting one does not."""
    mirror.inject(MANIFEST, fault)
    report = check(mirror, "9.1.3", "9.2.0")
    bad, good = report.versions

    assert codes(report) == {code}
    assert (report.healthy, bad.healthy, good.healthy) == (healthy, healthy, True)
    assert (bad.manifest_version, bad.artifacts) == (None, 0)


@pytest.mark.parametrize(
    ("fault", "code", "healthy"),
    [
        (faults.missing(), FindingCode.ARTIFACT_MISSING, False),
        (faults.status(403), FindingCode.REFUSED, False),
        (faults.wrong_bytes(), FindingCode.ARTIFACT_DIGEST, False),
        (faults.wrong_length(1), FindingCode.ARTIFACT_LENGTH, False),
        (faults.wrong_length(-1), FindingCode.ARTIFACT_LENGTH, False),
        (faults.endless(), FindingCode.ARTIFACT_LENGTH, False),
        (faults.redirect("/elsewhere"), FindingCode.REDIRECT, False),
        (faults.compressed(), FindingCode.CONTENT_ENCODED, True),
        (faults.without_length(), None, True),
        (faults.status(500), FindingCode.SERVER_ERROR, None),
        (faults.truncated(), FindingCode.UNREACHABLE, None),
        (faults.stalled(10), FindingCode.UNREACHABLE, None),
    ],
)
def test_an_artifact_that_is_not_as_named_is_found(
    mirror: FakeArtifactServer,
    fault: faults.ArtifactFault,
    code: FindingCode | None,
    healthy: bool | None,  # noqa: FBT001 - the expected answer
) -> None:
    """Its path, its version and nothing else is told."""
    path = next(a.relative_url for a in mirror.artifacts("9.1.3") if "rules-linux" in a.name)
    mirror.inject(path, fault)
    report = check(mirror, "9.1.3", "9.2.0", timeout=0.3)
    bad, good = report.versions

    assert codes(report) == ({code} - {None})
    assert (report.healthy, bad.healthy, good.healthy) == (healthy, healthy, True)
    assert {f.path for f in report.findings} - {""} <= {path}


@pytest.mark.parametrize(
    ("fault", "code", "healthy"),
    [
        (faults.missing(), FindingCode.ARTIFACT_MISSING, False),
        (faults.wrong_length(1), FindingCode.ARTIFACT_LENGTH, False),
        (faults.status(405), FindingCode.HEAD_UNSUPPORTED, None),
        (faults.status(501), FindingCode.HEAD_UNSUPPORTED, None),
        (faults.without_length(), FindingCode.LENGTH_UNKNOWN, None),
        (faults.compressed(), FindingCode.LENGTH_UNKNOWN, None),
        (faults.wrong_bytes(), None, True),
    ],
)
def test_a_fast_check_tells_what_headers_can_tell(
    mirror: FakeArtifactServer,
    fault: faults.ArtifactFault,
    code: FindingCode | None,
    healthy: bool | None,  # noqa: FBT001 - the expected answer
) -> None:
    """Lengths and presence; wrong bytes of the right length are beyond it."""
    mirror.inject(MODEL, fault)
    report = check(mirror, fast=True)

    assert codes(report) - {FindingCode.CONTENT_ENCODED} == ({code} - {None})
    assert report.healthy is healthy


def test_a_mirror_that_stops_answering_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty artifacts are not waited for one after the other; how many were not is told."""
    monkeypatch.setattr(_fetch, "RETRY", replace(QUICK, attempts=1))
    with FakeArtifactServer({"9.1.3": synthetic_artifacts(50)}) as mirror:
        mirror.inject("/synthetic-", faults.status(503))
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], parallel=1)
        asked = sum("/synthetic-" in request.path for request in mirror.requests)

    assert asked == 5
    assert codes(report) == {FindingCode.SERVER_ERROR, FindingCode.UNREACHABLE}
    assert any(finding.message.startswith("45 more artifacts") for finding in report.findings)
    assert report.versions[0].healthy is None


def test_missing_artifacts_are_all_told(mirror: FakeArtifactServer) -> None:
    """A mirror that answers is asked to the end."""
    for artifact in mirror.artifacts("9.1.3"):
        mirror.inject(artifact.relative_url, faults.missing())
    report = check(mirror)

    assert [f.code for f in report.findings].count(FindingCode.ARTIFACT_MISSING) == 7


def edited(entry: dict[str, object]) -> Edit:
    """A change of the model's entry; None removes a key."""

    def edit(document: dict[str, dict[str, dict[str, object]]]) -> None:
        changed = document["artifacts"][MODEL] | entry
        document["artifacts"][MODEL] = {k: v for k, v in changed.items() if v is not None}

    return edit


@pytest.mark.parametrize(
    ("entry", "code", "healthy"),
    [
        ({"encoded_sha256": None}, FindingCode.ARTIFACT_UNVERIFIABLE, True),
        ({"encoded_sha256": "0" * 64}, FindingCode.ARTIFACT_DIGEST, False),
        ({"encoded_size": 1}, FindingCode.ARTIFACT_LENGTH, False),
        ({"decoded_sha256": "0" * 64}, FindingCode.ARTIFACT_DECODED, False),
        ({"decoded_size": 1}, FindingCode.ARTIFACT_DECODED, False),
        ({"decoded_sha256": "0" * 64, "encryption_algorithm": "aes"}, None, True),
        ({"relative_url": "/../outside"}, FindingCode.MANIFEST_UNREADABLE, False),
        ({"relative_url": "//evil.test/x"}, FindingCode.MANIFEST_UNREADABLE, False),
    ],
)
def test_a_manifest_is_held_against_what_is_served(
    mirror: FakeArtifactServer,
    entry: dict[str, object],
    code: FindingCode | None,
    healthy: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """Hashes of the file and of its content, where they are known to mean that."""
    mirror.edit_manifest("9.1.3", edited(entry))
    report = check(mirror)

    assert codes(report) == ({code} - {None})
    assert report.healthy is healthy


def test_a_fast_check_of_an_unknown_length_says_so(mirror: FakeArtifactServer) -> None:
    """Without a length in the manifest, presence is all there is to check."""
    mirror.edit_manifest("9.1.3", edited({"encoded_size": None}))

    assert codes(check(mirror, fast=True)) == {FindingCode.ARTIFACT_UNVERIFIABLE}


def test_unusual_paths_are_warnings() -> None:
    """Outside the documented folder, or one file where case does not count."""
    artifacts = [
        SyntheticArtifact("Rules", b"one", addressed=False),
        SyntheticArtifact("rules", b"two", addressed=False),
    ]
    with FakeArtifactServer({"9.1.3": artifacts}) as mirror:
        assert codes(check(mirror)) == {FindingCode.CASE_COLLISION}
    with FakeArtifactServer.example("9.1.3") as mirror:
        mirror.edit_manifest("9.1.3", edited({"relative_url": "/other/model"}))
        report = check(mirror)
    assert codes(report) == {FindingCode.PATH_UNUSUAL, FindingCode.ARTIFACT_MISSING}


def test_a_shared_artifact_is_a_problem_of_every_version(mirror: FakeArtifactServer) -> None:
    """It is told once, and no version that names it is healthy."""
    mirror.inject(MODEL, faults.missing())
    report = check(mirror, "8.19.4", "9.1.3")

    assert [version.healthy for version in report.versions] == [False, False]
    assert sum(f.code is FindingCode.ARTIFACT_MISSING for f in report.findings) == 1
    assert report.findings[0].versions == ("8.19.4", "9.1.3")


@pytest.mark.parametrize("version", ["9.1.3-SNAPSHOT", "9.1.3+build7"])
def test_a_version_that_is_only_there_under_its_plain_name_is_a_warning(
    mirror: FakeArtifactServer, version: str
) -> None:
    """Which of the two an endpoint asks for is not documented."""
    report = check(mirror, version)

    assert codes(report) == {FindingCode.VERSION_STRIPPED}
    assert report.healthy
    assert report.versions[0].endpoint_version == version


def test_nobody_answering_is_neither_healthy_nor_unhealthy() -> None:
    """The mirror may be reachable from where the endpoints are."""
    report = check_mirror("http://127.0.0.1:9", endpoint_versions=["9.1.3"])

    assert codes(report) == {FindingCode.UNREACHABLE}
    assert report.healthy is None
    assert report.exit_code == 1


def test_a_trailing_slash_is_a_warning(mirror: FakeArtifactServer) -> None:
    """As given in a policy, it would make endpoints ask for //downloads."""
    report = check_mirror(mirror.url + "/", endpoint_versions=["9.1.3"])

    assert codes(report) == {FindingCode.TRAILING_SLASH}
    assert report.url == mirror.url


def test_a_mirror_below_a_path_is_checked_there() -> None:
    """A base URL may have a path."""
    artifacts = [SyntheticArtifact("synthetic-v1", b"content")]
    with FakeArtifactServer({"9.1.3": artifacts}, prefix="/share/artifacts") as mirror:
        assert check(mirror).healthy
        assert {request.path.split("/")[1] for request in mirror.requests} == {"downloads"}


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """Files of a CA, of a good certificate, and of one for another host."""
    ca = trustme.CA(key_type=trustme.KeyType.ECDSA)
    certs = {"good": ca.issue_cert("127.0.0.1"), "other": ca.issue_cert("other.test")}
    files: dict[str, str] = {}
    for name, cert in certs.items():
        files[name], files[f"{name}-key"] = (
            str(tmp_path / f"{name}.pem"),
            str(tmp_path / f"{name}.key"),
        )
        cert.cert_chain_pems[0].write_to_path(files[name])
        cert.private_key_pem.write_to_path(files[f"{name}-key"])
    for name, one in (("ca", ca), ("rsa-ca", trustme.CA(key_type=trustme.KeyType.RSA))):
        files[name] = str(tmp_path / f"{name}.pem")
        one.cert_pem.write_to_path(files[name])
    return files


def secure(tls: dict[str, str], name: str = "good") -> FakeArtifactServer:
    """A mirror with this certificate."""
    artifacts = [SyntheticArtifact("synthetic-v1", b"content")]
    return FakeArtifactServer(
        {"9.1.3": artifacts, "8.18.0": artifacts}, tls=(tls[name], tls[f"{name}-key"])
    )


def test_a_certificate_of_the_given_ca_is_good(tls: dict[str, str]) -> None:
    """And nothing is said about plain http."""
    with secure(tls) as mirror:
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], ca_cert=tls["ca"])

    assert report.healthy
    assert report.findings == ()


def test_an_unknown_authority_leaves_the_answer_open(tls: dict[str, str]) -> None:
    """The endpoints may know it; who runs the check may not."""
    with secure(tls) as mirror:
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"])

    assert codes(report) == {FindingCode.TLS_UNTRUSTED}
    assert report.healthy is None


def test_a_certificate_for_another_host_is_an_error(tls: dict[str, str]) -> None:
    """Endpoints refuse it whatever they trust."""
    with secure(tls, "other") as mirror:
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], ca_cert=tls["ca"])

    assert codes(report) == {FindingCode.TLS_FAILED}
    assert report.healthy is False


def test_plain_http_on_an_https_url_is_an_error(mirror: FakeArtifactServer) -> None:
    """There is no TLS at all."""
    url = mirror.url.replace("http://", "https://")

    assert codes(check_mirror(url, endpoint_versions=["9.1.3"])) == {FindingCode.TLS_FAILED}


@pytest.mark.parametrize(
    ("version", "ca", "told"),
    [
        ("8.18.0", "ca", True),
        ("9.0.4", "ca", True),
        ("8.19.0", "ca", False),
        ("9.1.3", "ca", False),
        ("8.18.0", "rsa-ca", False),
    ],
)
def test_an_elliptic_curve_ca_is_a_warning_for_old_agents(
    mirror: FakeArtifactServer,
    tls: dict[str, str],
    version: str,
    ca: str,
    told: bool,  # noqa: FBT001 - the expected answer
) -> None:
    """They drop such keys from PEM settings (docs-content 1133)."""
    report = check_mirror(mirror.url, endpoint_versions=[version], ca_cert=tls[ca])

    assert (FindingCode.CA_EC_KEY in codes(report)) is told


def test_a_signature_is_told_and_not_believed(mirror: FakeArtifactServer) -> None:
    """Without a key it is only there."""
    mirror.sign()

    assert codes(check(mirror)) == {FindingCode.SIGNATURE_UNVERIFIED}


def test_a_signature_is_verified_with_a_key(mirror: FakeArtifactServer) -> None:
    """The right key, another key, and a signature that was taken away."""
    key = mirror.sign()
    good = check_mirror(mirror.url, endpoint_versions=["9.1.3"], public_key=key)
    with FakeArtifactServer.example("9.1.3") as other:
        unsigned = check_mirror(other.url, endpoint_versions=["9.1.3"], public_key=key)
        other.sign()
        forged = check_mirror(other.url, endpoint_versions=["9.1.3"], public_key=key)

    assert codes(good) == {FindingCode.SIGNATURE_VALID}
    assert codes(unsigned) == {FindingCode.SIGNATURE_MISSING}
    assert codes(forged) == {FindingCode.SIGNATURE_INVALID}
    assert [report.healthy for report in (good, unsigned, forged)] == [True, False, False]


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (261, FindingCode.BEHIND_UPSTREAM),
        (1049, FindingCode.BEHIND_UPSTREAM),
        (259, FindingCode.AHEAD_OF_UPSTREAM),
        (99, FindingCode.AHEAD_OF_UPSTREAM),
        (260, FindingCode.DIFFERS_FROM_UPSTREAM),
    ],
)
def test_a_mirror_is_compared_with_its_upstream(
    mirror: FakeArtifactServer, build: int, code: FindingCode
) -> None:
    """By numbers, not by text; how old it is does not make it unhealthy."""
    with FakeArtifactServer.example() as upstream:
        upstream.release(build=build)
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert codes(report) == {code}
    assert report.healthy
    assert f"1.0.{build}" in report.findings[0].message


def test_a_mirror_in_step_with_its_upstream_has_nothing_to_tell(
    mirror: FakeArtifactServer,
) -> None:
    """The same manifest on both sides."""
    with FakeArtifactServer.example() as upstream:
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], upstream=upstream.url)

    assert codes(report) == set()


def test_an_upstream_out_of_reach_is_no_problem_of_the_mirror(mirror: FakeArtifactServer) -> None:
    """Behind an air gap it always is."""
    report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], upstream="http://127.0.0.1:9")

    assert codes(report) == {FindingCode.UPSTREAM_UNREACHABLE}
    assert report.healthy


def test_text_of_a_hostile_server_is_spelled_out(mirror: FakeArtifactServer) -> None:
    """Control characters of headers do not reach the report."""
    mirror.inject(MANIFEST, with_header("ETag", *['"a\x9b2Jb-"'] * 3))
    report = check(mirror)

    assert FindingCode.ETAG_DASHED in codes(report)
    assert all(finding.message.isprintable() for finding in report.findings)


def test_progress_is_shown_to_the_end(mirror: FakeArtifactServer) -> None:
    """Retries do not count twice."""
    shown: list[Progress] = []
    mirror.inject(MODEL, faults.truncated(), times=1)
    check_mirror(mirror.url, endpoint_versions=["9.1.3"], progress=shown.append)
    last = {progress.step: progress for progress in shown}

    assert last["manifests"] == Progress("manifests", 1, 1)
    assert (last["artifacts"].done, last["artifacts"].total) == (7, 7)
    assert last["artifacts"].bytes == last["artifacts"].bytes_total


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"url": ""}, "is empty"),
        ({"url": "mirror.corp"}, "scheme"),
        ({"url": "https://user:secret@mirror.corp"}, "user name"),
        ({"url": "https://mirror.corp/downloads"}, "add themselves"),
        ({"endpoint_versions": []}, "No endpoint version"),
        ({"endpoint_versions": ["9.1.3", "nine"]}, "'nine' is not"),
        ({"upstream": "file:///x"}, "upstream"),
        ({"ca_cert": "/nowhere.pem"}, "CA certificate"),
        ({"public_key": "/nowhere.pem"}, "public key"),
        ({"parallel": 0}, "0 downloads"),
    ],
)
def test_a_slip_in_the_arguments_is_told_before_any_request(
    mirror: FakeArtifactServer, changes: dict[str, object], why: str
) -> None:
    """No secret in the message."""
    arguments: dict[str, object] = {"url": mirror.url, "endpoint_versions": ["9.1.3"]} | changes
    with pytest.raises(ConfigurationError, match=why) as caught:
        check_mirror(**arguments)  # type: ignore[arg-type]

    assert "secret" not in str(caught.value)
    assert mirror.requests == ()


def test_a_manifest_the_mirror_does_not_have_is_not_compared(mirror: FakeArtifactServer) -> None:
    """That it is missing is said once, and the upstream that has it adds nothing."""
    mirror.inject(MANIFEST, faults.missing())
    with FakeArtifactServer.example() as upstream:
        report = check_mirror(mirror.url, endpoint_versions=["9.1.3"], upstream=upstream.url)
        asked = [one.path for one in upstream.requests]

    assert codes(report) == {FindingCode.MANIFEST_MISSING}
    assert asked == [MANIFEST]
