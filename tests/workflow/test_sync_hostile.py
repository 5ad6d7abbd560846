"""Whatever an upstream does, the published tree stays as it was and one sentence says why."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from support.killed import unmeasured
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy._files import locked
from elastic_mirror_policy.errors import (
    ApiError,
    ArtifactError,
    DigestMismatchError,
    LengthMismatchError,
    ManifestError,
    MirrorPolicyError,
    MissingArtifactError,
    TransportError,
)
from elastic_mirror_policy.mirror import FindingCode, sync_mirror
from elastic_mirror_policy.mirror.report import SyncReport
from elastic_mirror_policy.testing._artifacts import faults
from elastic_mirror_policy.testing._artifacts.content import manifest_zip, zip_bomb
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

pytestmark = pytest.mark.usefixtures("quick_retries")

Edit = Callable[[dict[str, dict[str, dict[str, object]]]], object]
VERSIONS = ["9.1.3", "9.2.0"]
MODEL = "endpointpe-v4-model"


@pytest.fixture
def mirror(upstream: FakeArtifactServer, tmp_path: Path) -> Path:
    """A folder that is one release behind the upstream."""
    folder = tmp_path / "mirror"
    sync(upstream, folder)
    upstream.release()
    return folder


def sync(upstream: FakeArtifactServer, folder: Path, timeout: float = 5.0) -> SyncReport:
    """Sync both versions."""
    return sync_mirror(folder, endpoint_versions=VERSIONS, upstream=upstream.url, timeout=timeout)


def refused(upstream: FakeArtifactServer, folder: Path, timeout: float = 5.0) -> MirrorPolicyError:
    """The error of a sync that leaves the tree, and everything beside it, as it was."""
    before, beside = published(folder), sorted(folder.parent.iterdir())
    with pytest.raises(MirrorPolicyError) as caught:
        sync(upstream, folder, timeout)

    assert published(folder) == before
    assert sorted(folder.parent.iterdir()) == beside
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.missing(), MissingArtifactError),
        (faults.wrong_bytes(), DigestMismatchError),
        (faults.wrong_length(1), LengthMismatchError),
        (faults.wrong_length(-1), LengthMismatchError),
        (faults.replaced(b""), LengthMismatchError),
        (faults.replaced(b"<html>Please log in</html>"), LengthMismatchError),
        (faults.truncated(), TransportError),
        (faults.endless(), LengthMismatchError),
        (faults.huge(1 << 40), LengthMismatchError),
        (faults.redirect("http://127.0.0.1:9/elsewhere"), TransportError),
        (faults.status(503), ApiError),
        (faults.status(403), ApiError),
        (faults.status(206), ApiError),
    ],
)
def test_a_bad_artifact_leaves_the_published_tree_as_it_was(
    upstream: FakeArtifactServer,
    mirror: Path,
    fault: faults.ArtifactFault,
    kind: type[MirrorPolicyError],
) -> None:
    """One bad file among many, and none of the others is published either."""
    upstream.inject("production-rules-linux", fault)

    assert isinstance(refused(upstream, mirror), kind)


def test_after_a_failed_run_the_next_one_fetches_the_rest(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """What was fetched and verified is kept for it."""
    upstream.inject("production-rules-linux", faults.missing())
    refused(upstream, mirror)
    upstream.heal()
    report = sync(upstream, mirror)

    assert report.fetched <= 4
    assert broken(mirror) == []
    assert manifest_versions(mirror) == dict.fromkeys(VERSIONS, "1.0.261")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.missing(), ApiError),
        (faults.replaced(b"<html>Please log in</html>"), ManifestError),
        (faults.replaced(b""), ManifestError),
        (faults.replaced(zip_bomb(64 << 20)), ManifestError),
        (faults.replaced(manifest_zip({}, entry="other.json")), ManifestError),
        (faults.huge(1 << 30), LengthMismatchError),
        (faults.endless(), LengthMismatchError),
        (faults.truncated(), TransportError),
        (faults.redirect("/downloads/endpoint/manifest/artifacts-9.1.3.zip"), TransportError),
        (faults.status(304), ApiError),
    ],
)
def test_a_bad_manifest_leaves_the_published_tree_as_it_was(
    upstream: FakeArtifactServer,
    mirror: Path,
    fault: faults.ArtifactFault,
    kind: type[MirrorPolicyError],
) -> None:
    """A bomb, a gigabyte, a login page, a loop of redirects."""
    upstream.inject("artifacts-9.2.0", fault)
    (mirror / "downloads/endpoint/manifest/artifacts-9.2.0.zip").write_bytes(b"edited")

    assert isinstance(refused(upstream, mirror), kind)


@pytest.mark.parametrize(
    "relative_url",
    [
        "/../outside",
        "/downloads/../../outside",
        "/%2e%2e/%2e%2e/outside",
        "//evil.test/outside",
        "http://evil.test/outside",
        "@evil.test/outside",
        "/C:/outside",
        "/con",
        "/.elastic-mirror-policy/sync.json",
        "/.htaccess",
        "/downloads/endpoint/manifest/artifacts-9.2.0.zip",
        "/\x1b[2Jname",
        "/" + "long/" * 1000,
    ],
)
def test_a_path_that_leaves_the_tree_is_never_asked_for(
    upstream: FakeArtifactServer, mirror: Path, relative_url: str
) -> None:
    """Not fetched, not written, and told in one line that a terminal can show."""

    def climb(document: dict[str, dict[str, dict[str, object]]]) -> None:
        document["artifacts"][MODEL]["relative_url"] = relative_url

    upstream.edit_manifest("9.1.3", climb)
    upstream.forget_requests()

    assert isinstance(refused(upstream, mirror), ManifestError)
    assert {r.path.partition("manifest/")[1] for r in upstream.requests} == {"manifest/"}


def duplicate(document: dict[str, dict[str, dict[str, object]]]) -> None:
    """Give another artifact the path of the model."""
    entries = document["artifacts"]
    entries["global-configuration-v1"]["relative_url"] = entries[MODEL]["relative_url"]


def nest(document: dict[str, dict[str, dict[str, object]]]) -> None:
    """Put another artifact below the model's file."""
    entries = document["artifacts"]
    below = f"{entries[MODEL]['relative_url']}/below"
    entries["global-configuration-v1"]["relative_url"] = below


def empty(document: dict[str, dict[str, dict[str, object]]]) -> None:
    """Name no artifact at all."""
    document["artifacts"].clear()


def oversize(document: dict[str, dict[str, dict[str, object]]]) -> None:
    """Announce a file that no disk holds."""
    document["artifacts"][MODEL]["encoded_size"] = 1 << 50


@pytest.mark.parametrize("edit", [duplicate, nest, empty, oversize])
def test_a_manifest_that_cannot_be_true_is_refused(
    upstream: FakeArtifactServer, mirror: Path, edit: Edit
) -> None:
    """Two files in one place, a file as a folder, nothing, or too much."""
    upstream.edit_manifest("9.1.3", edit)

    assert isinstance(refused(upstream, mirror), ManifestError)


def test_paths_that_differ_in_case_are_told_and_written(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """Linux holds both; whoever copies the tree to Windows has been told."""
    upper = "/downloads/endpoint/CASE/model"

    def collide(document: dict[str, dict[str, dict[str, object]]]) -> None:
        entries = document["artifacts"]
        entries["copy"] = entries[MODEL] | {"relative_url": upper}
        entries[MODEL]["relative_url"] = upper.lower()

    upstream.edit_manifest("9.1.3", collide)
    report = sync(upstream, mirror)

    assert [f.code for f in report.findings] == [FindingCode.CASE_COLLISION]
    assert broken(mirror) == []


def test_paths_outside_the_documented_folder_are_told(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """They are fetched, but a web server may not serve them."""

    def move(document: dict[str, dict[str, dict[str, object]]]) -> None:
        document["artifacts"][MODEL]["relative_url"] = "/other/model"

    upstream.edit_manifest("9.1.3", move)
    report = sync(upstream, mirror)

    assert [f.code for f in report.findings] == [FindingCode.PATH_UNUSUAL]
    assert (mirror / "other/model").is_file()


@pytest.mark.parametrize("pattern", ["production-rules-linux", "artifacts-9.2.0"])
@pytest.mark.parametrize("fault", [faults.stalled(10), faults.stalled()])
def test_a_silent_upstream_is_given_up(
    upstream: FakeArtifactServer, mirror: Path, pattern: str, fault: faults.ArtifactFault
) -> None:
    """After the timeout, with everything else that was under way."""
    upstream.inject(pattern, fault)

    assert "in time" in refused(upstream, mirror, timeout=0.2).message


def test_an_upstream_with_an_unknown_certificate_is_refused(
    upstream: FakeArtifactServer, mirror: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """TLS is verified, and not tried again."""
    files = tmp_path_factory.mktemp("tls")
    cert = trustme.CA().issue_cert("127.0.0.1")
    cert.cert_chain_pems[0].write_to_path(files / "cert.pem")
    cert.private_key_pem.write_to_path(files / "key.pem")
    before = published(mirror)
    with (
        FakeArtifactServer(
            {"9.1.3": upstream.artifacts("9.1.3")},
            tls=(str(files / "cert.pem"), str(files / "key.pem")),
        ) as secret,
        pytest.raises(TransportError, match="The TLS connection") as caught,
    ):
        sync_mirror(mirror, endpoint_versions=["9.1.3"], upstream=secret.url)

    assert "--ca-cert" in caught.value.hint
    assert published(mirror) == before


def test_a_passing_fault_is_waited_out(upstream: FakeArtifactServer, mirror: Path) -> None:
    """One dropped connection and one 503 are no reason to fail a night's sync."""
    upstream.inject("production-rules-linux", faults.truncated(), times=1)
    upstream.inject("artifacts-9.1.3", faults.status(503, retry_after="0"), times=1)

    assert sync(upstream, mirror).fetched == 4
    assert broken(mirror) == []


def test_a_second_sync_of_the_same_folder_is_refused(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """Two would take each other's files away."""
    with locked(mirror / ".elastic-mirror-policy/lock"):
        error = refused(upstream, mirror)

    assert isinstance(error, ArtifactError)
    assert "Another process is working" in error.message
    assert sync(upstream, mirror).fetched == 4


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "Make room"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "were not changed"),
    ],
)
def test_a_full_disk_is_one_sentence(
    upstream: FakeArtifactServer,
    mirror: Path,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
    words: str,
) -> None:
    """It says what is wrong with the disk, and what to do."""

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    error = refused(upstream, mirror)

    assert isinstance(error, ArtifactError)
    assert os.strerror(code) in error.message
    assert words in error.hint


LIMITED = """
import resource, sys
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror import sync_mirror
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    sync_mirror(sys.argv[1], endpoint_versions=["9.1.3"], upstream=sys.argv[2])
except MirrorPolicyError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def test_a_disk_that_refuses_more_bytes_is_one_sentence(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The system's own limit, in a process of its own; the tree stays as it was."""
    upstream.release("*model*")
    before = published(mirror)
    run = subprocess.run(
        [sys.executable, "-c", LIMITED, str(mirror), upstream.url],
        capture_output=True,
        text=True,
        check=False,
        env=unmeasured(),
    )

    assert run.returncode == 1
    assert run.stderr.startswith("ArtifactError: ")
    assert "File too large" in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert published(mirror) == before


def test_a_file_in_place_of_the_folder_is_one_sentence(
    upstream: FakeArtifactServer, tmp_path: Path
) -> None:
    """It is named."""
    (tmp_path / "mirror").write_text("a file")

    with pytest.raises(ArtifactError, match="mirror' cannot be used"):
        sync(upstream, tmp_path / "mirror")


def test_a_folder_in_place_of_an_artifact_is_told_before_anything_moves(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """No file of the release is published."""
    rules = next(a for a in upstream.artifacts("9.2.0") if "rules-windows" in a.name)
    (mirror / rules.relative_url[1:]).mkdir(parents=True)

    assert "is a folder" in refused(upstream, mirror).message


def test_a_file_in_place_of_a_folder_is_told_before_anything_moves(
    upstream: FakeArtifactServer, mirror: Path
) -> None:
    """The same the other way round."""

    def move(document: dict[str, dict[str, dict[str, object]]]) -> None:
        document["artifacts"][MODEL]["relative_url"] = "/downloads/endpoint/taken/model"

    upstream.edit_manifest("9.1.3", move)
    (mirror / "downloads/endpoint/taken").write_text("a file")

    assert "cannot be used" in refused(upstream, mirror).message
