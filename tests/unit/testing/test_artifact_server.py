"""The artifact server answers as a good mirror does, and breaks in the way it is told to."""

import http.client
import re
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import trustme
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest_zip
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import synthetic_artifacts
from elastic_mirror_policy.testing.artifact_server import ETagStyle, FakeArtifactServer

MANIFEST = "/" + manifest_path("9.1.3")


@pytest.fixture
def server() -> Iterator[FakeArtifactServer]:
    """A running server of the example versions."""
    with FakeArtifactServer.example() as running:
        yield running


def get(server: FakeArtifactServer, path: str = MANIFEST, **headers: str) -> requests.Response:
    """One GET, never following a redirect."""
    return requests.get(server.url + path, headers=headers, timeout=5, allow_redirects=False)


def manifest(server: FakeArtifactServer, version: str = "9.1.3") -> Manifest:
    """The manifest as served."""
    return parse_manifest_zip(get(server, "/" + manifest_path(version)).content)


@pytest.mark.parametrize("version", ["8.19.4", "9.1.3", "9.2.0"])
def test_every_artifact_of_a_manifest_is_served(server: FakeArtifactServer, version: str) -> None:
    """The manifests name files that are there, with the lengths they say."""
    artifacts = manifest(server, version).artifacts
    lengths = [len(get(server, artifact.relative_url).content) for artifact in artifacts]

    assert lengths == [artifact.encoded_size for artifact in artifacts]


def test_versions_share_artifacts(server: FakeArtifactServer) -> None:
    """Some artifacts belong to several endpoint versions, some to one."""
    one, other = manifest(server, "9.1.3").paths, manifest(server, "9.2.0").paths

    assert one & other
    assert one - other


@pytest.mark.parametrize(
    ("style", "pattern"),
    [
        (ETagStyle.PLAIN, '"[0-9a-f]{32}"'),
        (ETagStyle.DASHED, '"[0-9a-f]{8}-[0-9a-f]{24}"'),
        (ETagStyle.WEAK, 'W/"[0-9a-f]{32}"'),
        (ETagStyle.UNQUOTED, "[0-9a-f]{32}"),
        (ETagStyle.ABSENT, ""),
    ],
)
def test_the_etag_is_written_as_asked(
    server: FakeArtifactServer, style: ETagStyle, pattern: str
) -> None:
    """Every kind of ETag a web server may send can be had."""
    server.etag_style = style

    assert re.fullmatch(pattern, get(server).headers.get("ETag", ""))


def test_a_conditional_request_is_answered_304(server: FakeArtifactServer) -> None:
    """The server's own ETag is recognised, without a body."""
    again = get(server, **{"If-None-Match": get(server).headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_date_is_a_condition_too(server: FakeArtifactServer) -> None:
    """It counts where no ETag is sent along."""
    date = get(server).headers["Last-Modified"]
    by_date = get(server, **{"If-Modified-Since": date})
    by_both = get(server, **{"If-Modified-Since": date, "If-None-Match": '"other"'})

    assert (by_date.status_code, by_both.status_code) == (304, 200)


def test_conditional_requests_can_be_switched_off(server: FakeArtifactServer) -> None:
    """Without them the whole file comes again, as from the documented nginx configuration."""
    server.conditional = False
    again = get(server, **{"If-None-Match": get(server).headers["ETag"]})

    assert again.status_code == 200


def test_a_release_changes_manifest_artifacts_and_etag(server: FakeArtifactServer) -> None:
    """A new version has a higher number, new paths, and a new ETag; old files stay."""
    before, etag = manifest(server), get(server).headers["ETag"]
    server.release()
    after = manifest(server)

    assert (before.version, after.version) == ("1.0.260", "1.0.261")
    assert after.paths - before.paths
    assert get(server).headers["ETag"] != etag
    assert {get(server, "/" + path).status_code for path in before.paths} == {200}


def test_a_release_can_withdraw_what_was(server: FakeArtifactServer) -> None:
    """Files that no manifest names any more are gone when asked for."""
    before = manifest(server).paths
    server.release(withdraw=True)
    gone = before - manifest(server).paths

    assert {get(server, "/" + path).status_code for path in gone} == {404}


def test_a_release_can_change_files_in_place() -> None:
    """Without a hash in the path, the same path has new bytes."""
    with FakeArtifactServer.example("9.1.3", addressed=False) as server:
        before = manifest(server)
        server.release()
        after = manifest(server)

        assert before.paths == after.paths
        assert before.artifacts != after.artifacts


def test_requests_are_remembered(server: FakeArtifactServer) -> None:
    """Method, path, headers, status and length of every request can be asked for."""
    get(server, **{"If-None-Match": '"other"'})
    get(server, "/nothing")
    seen = server.requests

    assert [(r.method, r.path, r.status) for r in seen] == [
        ("GET", MANIFEST, 200),
        ("GET", "/nothing", 404),
    ]
    assert seen[0].headers["if-none-match"] == '"other"'
    assert seen[0].length == len(get(server).content)


def test_requests_can_be_forgotten(server: FakeArtifactServer) -> None:
    """A test may start counting anew."""
    get(server)
    server.forget_requests()

    assert server.requests == ()


def test_a_prefix_is_part_of_the_url() -> None:
    """With a path prefix, paths below it are served and others are not."""
    with FakeArtifactServer({"9.1.3": synthetic_artifacts(1)}, prefix="/mirror") as server:
        host = server.url.removesuffix("/mirror")

        assert get(server).status_code == 200
        assert requests.get(host + MANIFEST, timeout=5).status_code == 404


def test_it_speaks_tls(tmp_path: Path) -> None:
    """With a certificate it is an https server, and survives a client that distrusts it."""
    ca = trustme.CA()
    cert = ca.issue_cert("127.0.0.1")
    chain, key, root = tmp_path / "cert.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    cert.private_key_pem.write_to_path(key)
    cert.cert_chain_pems[0].write_to_path(chain)
    ca.cert_pem.write_to_path(root)
    with FakeArtifactServer.example("9.1.3") as plain:
        assert plain.url.startswith("http://")
    with FakeArtifactServer({"9.1.3": ()}, tls=(str(chain), str(key))) as server:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(server.url + MANIFEST, timeout=5)
        answer = requests.get(server.url + MANIFEST, timeout=5, verify=str(root))

    assert answer.status_code == 200


def test_signed_manifests_verify_with_the_public_key(server: FakeArtifactServer) -> None:
    """The signature is RSA with SHA-256 over the bytes of manifest.json."""
    key = load_pem_public_key(server.sign().encode())
    signed = manifest(server)

    assert isinstance(key, rsa.RSAPublicKey)
    assert signed.signature is not None
    key.verify(signed.signature, signed.content, padding.PKCS1v15(), hashes.SHA256())


def test_dump_writes_what_is_served(server: FakeArtifactServer, tmp_path: Path) -> None:
    """A dumped tree served as a folder gives the same bytes and times."""
    server.dump(tmp_path)
    with FakeArtifactServer.of_folder(tmp_path) as mirror:
        ours, theirs = get(mirror), get(server)

    assert ours.content == theirs.content
    assert ours.headers["Last-Modified"] == theirs.headers["Last-Modified"]
    assert ours.headers["ETag"] == theirs.headers["ETag"]


@pytest.mark.parametrize("path", ["/.hidden/file", "/../file", "/downloads", "/%2e%2e/file"])
def test_a_folder_serves_visible_files_only(tmp_path: Path, path: str) -> None:
    """Hidden files, folders and what lies beside the folder are not served."""
    folder = tmp_path / "mirror"
    (folder / ".hidden").mkdir(parents=True)
    (folder / "downloads").mkdir()
    (folder / ".hidden/file").write_text("x")
    (tmp_path / "file").write_text("x")
    with FakeArtifactServer.of_folder(folder) as server:
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()

    assert status == 404


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.missing(), 404),
        (faults.status(503, retry_after="7"), 503),
        (faults.redirect("http://127.0.0.1:9/elsewhere"), 302),
    ],
)
def test_a_fault_changes_the_status(
    server: FakeArtifactServer, fault: faults.ArtifactFault, status: int
) -> None:
    """Missing files, errors and redirects."""
    server.inject(MANIFEST, fault)

    assert get(server).status_code == status


def test_retry_after_is_sent(server: FakeArtifactServer) -> None:
    """An error status may say when to come again."""
    server.inject(MANIFEST, faults.status(429, retry_after="7"))

    assert get(server).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("fault", "difference"),
    [(faults.wrong_bytes(), 0), (faults.wrong_length(3), 3), (faults.wrong_length(-3), -3)],
)
def test_a_fault_changes_the_bytes(
    server: FakeArtifactServer, fault: faults.ArtifactFault, difference: int
) -> None:
    """Wrong content comes with status 200 and an honest length."""
    good = get(server).content
    server.inject(MANIFEST, fault)
    bad = get(server).content

    assert bad != good
    assert len(bad) - len(good) == difference


def test_a_truncated_body_is_seen_as_one(server: FakeArtifactServer) -> None:
    """Half the body arrives, then the connection ends."""
    server.inject(MANIFEST, faults.truncated())

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(server)


@pytest.mark.parametrize("fault", [faults.stalled(5), faults.dripping(30.0)])
def test_a_server_that_waits_can_still_be_stopped(fault: faults.ArtifactFault) -> None:
    """A stalled answer times out at the client, and ends with the server."""
    with FakeArtifactServer.example("9.1.3") as server:
        server.inject(MANIFEST, fault)
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.get(server.url + MANIFEST, timeout=0.2)

    assert [r.path for r in server.requests] == [MANIFEST]


@pytest.mark.parametrize("fault", [faults.huge(), faults.endless()])
def test_a_body_can_be_larger_than_memory(
    server: FakeArtifactServer, fault: faults.ArtifactFault
) -> None:
    """Large bodies are made while they are sent."""
    server.inject(MANIFEST, fault)
    with requests.get(server.url + MANIFEST, timeout=5, stream=True) as answer:
        start = answer.raw.read(1000)

    assert start == bytes(1000)


@pytest.mark.parametrize(
    ("fault", "length"), [(faults.huge(200_000), 200_000), (faults.dripping(0.0), None)]
)
def test_a_strange_body_can_end(
    server: FakeArtifactServer, fault: faults.ArtifactFault, length: int | None
) -> None:
    """Made while it is sent, it is as long as it says."""
    good = len(get(server).content)
    server.inject(MANIFEST, fault)

    assert len(get(server).content) == (length or good)


def test_an_endless_body_ends_with_the_server() -> None:
    """Nothing is left running."""
    stopped = threading.Event()
    stopped.set()
    answer = faults.ArtifactAnswer(200, {}, b"", None, stopped)

    assert list(faults.endless()(answer).pieces()) == []


def test_a_fault_can_pass(server: FakeArtifactServer) -> None:
    """A fault for one answer is gone for the next."""
    server.inject("9.1.3", faults.missing(), times=1)

    assert [get(server).status_code, get(server).status_code] == [404, 200]


def test_healing_takes_back_every_fault(server: FakeArtifactServer) -> None:
    """After heal() the server is as it was."""
    server.inject("*", faults.missing())
    broken = get(server).status_code
    server.heal()

    assert (broken, get(server).status_code) == (404, 200)


def test_a_fault_hits_the_paths_it_names(server: FakeArtifactServer) -> None:
    """A part of a path, or a pattern, picks the answers."""
    server.inject("*/artifacts-9.2*", faults.missing())

    assert get(server).status_code == 200
    assert get(server, "/" + manifest_path("9.2.0")).status_code == 404


def test_a_manifest_can_be_edited(server: FakeArtifactServer) -> None:
    """A test may serve whatever it likes as a manifest."""
    server.edit_manifest("9.1.3", lambda document: document.update(manifest_version="odd"))

    assert manifest(server).version == "odd"


def test_it_takes_no_other_method(server: FakeArtifactServer) -> None:
    """Nothing can be sent to it."""
    assert requests.post(server.url + MANIFEST, data=b"x", timeout=5).status_code == 405
    assert server.requests[-1].method == "POST"


def test_compression_can_be_claimed(server: FakeArtifactServer) -> None:
    """An answer may carry a Content-Encoding nobody asked for, and leave out the length."""
    server.inject(MANIFEST, faults.compressed("br"))
    with requests.get(server.url + MANIFEST, timeout=5, stream=True) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert "Content-Length" not in answer.headers


def test_tls_context_refuses_a_missing_certificate(tmp_path: Path) -> None:
    """A certificate that is not there fails when the server starts."""
    with (
        pytest.raises((OSError, ssl.SSLError)),
        FakeArtifactServer(tls=(str(tmp_path / "no"), str(tmp_path / "no"))),
    ):
        pass


def test_a_compressed_answer_without_an_etag_gets_none(server: FakeArtifactServer) -> None:
    """Compression changes an ETag, and makes up none."""
    plain = get(server).content
    server.compress = True
    server.etag_style = ETagStyle.ABSENT
    answer = get(server, **{"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "ETag" not in answer.headers
    assert answer.content == plain


def test_a_dripping_body_is_whole_in_the_end() -> None:
    """One byte at a time, and then no more."""
    answer = faults.ArtifactAnswer(200, {}, b"abc", 3, threading.Event())

    assert list(faults.dripping(0.0)(answer).pieces()) == [b"a", b"b", b"c"]
