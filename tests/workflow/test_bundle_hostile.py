"""A bundle that is damaged or hostile publishes nothing and writes nothing beside the folder."""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from support.trees import published

from elastic_mirror_policy.errors import ConfigurationError, ManifestError, MirrorPolicyError
from elastic_mirror_policy.mirror import pack_mirror, unpack_mirror
from elastic_mirror_policy.mirror.bundles.index import MAX_INDEX
from elastic_mirror_policy.mirror.bundles.tar import header
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    example_artifacts,
    manifest_document,
    manifest_zip,
)
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

INDEX = "bundle-index.json"
MODEL = SyntheticArtifact("synthetic-model-v1", b"model " * 300, "none")
RULES = SyntheticArtifact("synthetic-rules-v1", b"rules " * 300)

Index = dict[str, Any]
Files = dict[str, bytes]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A good bundle of two artifacts."""
    FakeArtifactServer({"9.1.3": [MODEL, RULES]}).dump(tmp_path / "outside")
    pack_mirror(tmp_path / "outside", tmp_path / "b.tar")
    return tmp_path / "b.tar"


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror of an older release, alone in its folder."""
    folder = tmp_path / "inside" / "mirror"
    FakeArtifactServer({"9.1.3": example_artifacts("9.1.3")}).dump(tmp_path / "old")
    pack_mirror(tmp_path / "old", tmp_path / "old.tar")
    unpack_mirror(tmp_path / "old.tar", folder)
    return folder


def refused(bundle: Path, mirror: Path) -> MirrorPolicyError:
    """The error of unpacking, which changed nothing that can be seen."""
    before, beside = published(mirror), sorted(mirror.parent.rglob("*"))
    with pytest.raises(MirrorPolicyError) as caught:
        unpack_mirror(bundle, mirror)

    assert published(mirror) == before
    assert [p for p in sorted(mirror.parent.rglob("*")) if "/staging/" not in str(p)] == beside
    assert str(caught.value).isprintable()
    return caught.value


def members(bundle: Path) -> tuple[Index, Files]:
    """The index and the files of a bundle."""
    with tarfile.open(bundle) as archive:
        read = {
            info.name: file.read()
            for info in archive
            if (file := archive.extractfile(info)) is not None
        }
    return json.loads(read.pop(INDEX)), read


def written(bundle: Path, index: Index, files: Files) -> None:
    """Write a bundle with this index and these files."""
    with tarfile.open(bundle, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in ({INDEX: json.dumps(index).encode()} | files).items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def test_a_bundle_that_was_taken_apart_and_put_together_is_good(bundle: Path, mirror: Path) -> None:
    """What the other tests change is the only thing that is wrong with their bundles."""
    written(bundle, *members(bundle))

    assert unpack_mirror(bundle, mirror).files == 2


@pytest.mark.parametrize("part", [0.0, 0.001, 0.3, 0.6, 0.9])
def test_a_bundle_that_was_cut_is_refused(bundle: Path, mirror: Path, part: float) -> None:
    """As when a medium was taken out too early."""
    data = bundle.read_bytes()
    bundle.write_bytes(data[: int(len(data) * part)])

    error = refused(bundle, mirror)

    assert "b.tar' is damaged" in error.message
    assert "Nothing was unpacked" in error.hint


@pytest.mark.parametrize("place", [3, 600, 4200, -2000])
def test_a_bundle_with_a_wrong_byte_is_refused(bundle: Path, mirror: Path, place: int) -> None:
    """In a header, in the index, in an artifact, in a manifest."""
    data = bytearray(bundle.read_bytes())
    data[place] ^= 0x55
    bundle.write_bytes(data)

    assert "b.tar'" in refused(bundle, mirror).message


@pytest.mark.parametrize("content", [b"", b"no archive", b"x" * 5000, bytes(10240)])
def test_what_is_no_bundle_is_refused(bundle: Path, mirror: Path, content: bytes) -> None:
    """An empty file, another file, an empty archive."""
    bundle.write_bytes(content)
    error = refused(bundle, mirror)

    assert "b.tar'" in error.message
    assert error.hint


def test_a_bundle_that_is_not_there_is_a_mistake(mirror: Path, tmp_path: Path) -> None:
    """A slip in the name."""
    assert isinstance(refused(tmp_path / "none.tar", mirror), ConfigurationError)


def strange(kind: bytes, name: str = "downloads/x", target: str = "/etc/passwd") -> tarfile.TarInfo:
    """A member that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "info",
    [
        strange(tarfile.SYMTYPE),
        strange(tarfile.LNKTYPE),
        strange(tarfile.DIRTYPE),
        strange(tarfile.CHRTYPE),
        strange(tarfile.FIFOTYPE),
        strange(tarfile.SYMTYPE, "downloads/endpoint/synthetic"),
        strange(tarfile.GNUTYPE_SPARSE),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_members_that_are_no_regular_files_are_refused(
    bundle: Path,
    mirror: Path,
    info: tarfile.TarInfo,
    first: bool,  # noqa: FBT001 - before or after the good members
) -> None:
    """Links above all: what is written through one lands elsewhere."""
    member = info.tobuf(tarfile.USTAR_FORMAT)
    data = bundle.read_bytes()
    bundle.write_bytes(member + data if first else data[:-1024] + member + bytes(1024))

    assert "not a regular file" in refused(bundle, mirror).message


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_headers_of_unbounded_length_are_refused(
    bundle: Path, mirror: Path, format_: Literal[1, 2]
) -> None:
    """A long name in a header of its own could be as long as memory."""
    info = tarfile.TarInfo("downloads/" + "long" * 100)
    data = bundle.read_bytes()
    bundle.write_bytes(data[:-1024] + info.tobuf(format_) + bytes(1024))

    assert "not a regular file" in refused(bundle, mirror).message


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/outside",
        "downloads/../../outside",
        "downloads/endpoint/other",
        "./downloads/x",
        "evil\x1b[2Jname",
        INDEX,
    ],
)
def test_members_outside_the_index_are_refused(bundle: Path, mirror: Path, name: str) -> None:
    """Climbing, absolute, or simply not named; also a second index."""
    data = bundle.read_bytes()
    extra = header(name, 3, 0) + b"abc" + bytes(509)
    bundle.write_bytes(data[:-1024] + extra + bytes(1024))

    error = refused(bundle, mirror)

    assert "b.tar' holds" in error.message
    assert "does not name" in error.message
    assert "do not use" in error.hint


def test_a_member_that_comes_twice_is_refused(bundle: Path, mirror: Path) -> None:
    """The second one could replace what was verified."""
    data = bundle.read_bytes()
    again = header(MODEL.relative_url[1:], len(MODEL.wire), 0)
    again += MODEL.wire + bytes(-len(MODEL.wire) % 512)
    bundle.write_bytes(data[:-1024] + again + bytes(1024))

    assert "does not name" in refused(bundle, mirror).message


def test_a_missing_member_is_refused(bundle: Path, mirror: Path) -> None:
    """The index promises it."""
    index, files = members(bundle)
    del files[MODEL.relative_url[1:]]
    written(bundle, index, files)

    error = refused(bundle, mirror)

    assert "b.tar' lacks 1 of the files" in error.message
    assert MODEL.relative_url[1:] in error.message
    assert "carry the bundle over again" in error.hint


@pytest.mark.parametrize(
    ("change", "why"),
    [(b"", "or names otherwise"), (b"x" * len(MODEL.wire), "SHA-256 of the index")],
)
def test_a_changed_member_is_refused(bundle: Path, mirror: Path, change: bytes, why: str) -> None:
    """Of another length, or with other bytes."""
    index, files = members(bundle)
    files[MODEL.relative_url[1:]] = change
    written(bundle, index, files)

    assert why in refused(bundle, mirror).message


def change_index(key: str, value: object, *, of: str = "files") -> Callable[[Index], None]:
    """Change a key of the first file, or of the first manifest, of an index."""

    def change(index: Index) -> None:
        index[of][0][key] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        change_index("path", "../outside"),
        change_index("path", "/etc/outside"),
        change_index("path", ".git/config"),
        change_index("path", "downloads/endpoint/manifest/artifacts-9.9.9.zip"),
        change_index("path", "con"),
        change_index("sha256", "../../x"),
        change_index("sha256", "ab"),
        change_index("size", -1),
        change_index("size", 1 << 50),
        change_index("mtime", -1),
        change_index("mtime", 1 << 60),
        change_index("version", "../9.1.3", of="manifests"),
        change_index("size", 1 << 30, of="manifests"),
        change_index("checked_at", "yesterday", of="manifests"),
        lambda index: index.update(schema_version=2),
        lambda index: index.update(kind="something-else"),
        lambda index: index.update(manifests=[]),
        lambda index: index["files"].append(index["files"][0]),
        lambda index: index["required"].append(index["files"][0]),
        lambda index: index.pop("files"),
        lambda index: index.clear(),
    ],
)
def test_an_index_that_was_edited_is_refused(
    bundle: Path, mirror: Path, change: Callable[[Index], None]
) -> None:
    """It decides what is written where, so it is checked like any input."""
    index, files = members(bundle)
    change(index)
    written(bundle, index, files)

    assert re.match("The index of '.*b[.]tar'", refused(bundle, mirror).message)


def test_a_huge_index_is_not_read(bundle: Path, mirror: Path) -> None:
    """Its length is bounded before it is read."""
    bundle.write_bytes(header(INDEX, MAX_INDEX + 1, 0) + bundle.read_bytes()[512:])

    assert "does not begin with its index" in refused(bundle, mirror).message


def entry(path: str, data: bytes) -> dict[str, object]:
    """A file's entry in the index."""
    digest = hashlib.sha256(data).hexdigest()
    return {"path": path, "size": len(data), "sha256": digest, "mtime": 0}


def test_a_file_that_no_manifest_names_is_refused(bundle: Path, mirror: Path) -> None:
    """A page for the web server to give out is no part of a mirror."""
    index, files = members(bundle)
    index["files"].append(entry("downloads/evil.html", b"<html>"))
    written(bundle, index, files | {"downloads/evil.html": b"<html>"})

    assert "none of its manifests names" in refused(bundle, mirror).message


def with_manifest(bundle: Path, *artifacts: SyntheticArtifact) -> None:
    """Put another manifest into a bundle, with an index that agrees with it."""
    index, files = members(bundle)
    data = manifest_zip(manifest_document("1.0.999", artifacts))
    path = next(name for name in files if name.endswith(".zip"))
    index["manifests"][0] |= {k: v for k, v in entry(path, data).items() if k != "path"}
    written(bundle, index, files | {path: data})


@pytest.mark.parametrize(
    "artifacts",
    [
        (MODEL, RULES, SyntheticArtifact("another-v1", b"another")),
        (MODEL, SyntheticArtifact("synthetic-rules-v1", b"other rules")),
    ],
)
def test_a_manifest_that_names_what_the_bundle_lacks_is_refused(
    bundle: Path, mirror: Path, artifacts: tuple[SyntheticArtifact, ...]
) -> None:
    """Endpoints would ask for files that are not there."""
    with_manifest(bundle, *artifacts)
    error = refused(bundle, mirror)

    assert isinstance(error, ManifestError)
    assert "the index does not know, or knows otherwise" in error.message


def test_a_manifest_that_is_none_is_refused(bundle: Path, mirror: Path) -> None:
    """Its hash may be right all the same."""
    index, files = members(bundle)
    path = next(name for name in files if name.endswith(".zip"))
    index["manifests"][0] |= {k: v for k, v in entry(path, b"<html>").items() if k != "path"}
    written(bundle, index, files | {path: b"<html>"})

    assert isinstance(refused(bundle, mirror), ManifestError)


def test_a_manifest_that_contradicts_a_published_one_is_refused(
    mirror: Path, tmp_path: Path
) -> None:
    """Its artifact would replace one that another version's manifest still names."""
    clash = SyntheticArtifact("synthetic-model-v1", b"one", "none", addressed=False)
    other = SyntheticArtifact("synthetic-model-v1", b"two", "none", addressed=False)
    for name, artifact in (("8.19.4", clash), ("9.1.3", other)):
        FakeArtifactServer({name: [artifact]}).dump(tmp_path / name)
        pack_mirror(tmp_path / name, tmp_path / f"{name}.tar")
    unpack_mirror(tmp_path / "8.19.4.tar", mirror)

    assert "name different files" in refused(tmp_path / "9.1.3.tar", mirror).message


def test_after_a_refused_bundle_a_good_one_is_unpacked(bundle: Path, mirror: Path) -> None:
    """What the bad one left in the staging folder does no harm."""
    good = bundle.read_bytes()
    bundle.write_bytes(good[:-3000])
    refused(bundle, mirror)
    bundle.write_bytes(good)

    assert unpack_mirror(bundle, mirror).files == 2
    assert list((mirror / ".elastic-mirror-policy/staging").iterdir()) == []
