"""Whatever comes or lies in a manifest's place: a manifest, or one short sentence."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.cases import cases
from support.endpoints import VERSION
from support.hostile_answers import Damaged, Tampering, damaged, tamperings
from support.hostile_stack import MIRROR, HostileStack, hostile_stack
from support.hostile_zips import DOCUMENT, GOOD, LARGE, WORST_MANIFESTS, Lie, lies, with_extra
from support.memory_http import answer
from support.mutations import Mutation, Nested, dumped, mutated, mutations
from support.trees import QUICK, broken, published

from elastic_mirror_policy._http import download as _fetch
from elastic_mirror_policy.errors import ManifestError, MirrorPolicyError
from elastic_mirror_policy.mirror import check_mirror, mirror_status, pack_mirror, sync_mirror
from elastic_mirror_policy.mirror.layout import why_not
from elastic_mirror_policy.mirror.manifest import (
    MAX_ARTIFACT_SIZE,
    MAX_ENTRY,
    Manifest,
    parse_manifest_zip,
)
from elastic_mirror_policy.testing._artifacts.content import (
    example_artifacts,
    manifest_document,
    manifest_zip,
)
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

SERVED = manifest_document("1.0.300", example_artifacts(VERSION))
LIES = "9.1.3"
"""The version of the folder whose manifest is another."""

LONGEST = 1500


def parsed(data: bytes) -> Manifest | None:
    """Return the manifest, or None when it is refused in a short sentence."""
    try:
        return parse_manifest_zip(data)
    except ManifestError as exc:
        said = str(exc)
    assert len(said) <= LONGEST
    assert said.isprintable()
    return None


def assert_safe(manifest: Manifest | None) -> None:
    """Check that nothing in a manifest can be used to write or to read elsewhere, or too much."""
    if manifest is None:
        return
    assert len(manifest.content) <= MAX_ENTRY
    assert [artifact.path for artifact in manifest.artifacts if why_not(artifact.path)] == []
    sizes = [artifact.encoded_size or artifact.decoded_size or 0 for artifact in manifest.artifacts]
    assert 0 <= max(sizes) <= MAX_ARTIFACT_SIZE
    words = [artifact.compression or artifact.encryption or "" for artifact in manifest.artifacts]
    assert "".join([manifest.version or "", *words]).encode()


@pytest.mark.timeout(600)
@cases(8)
@given(mutations)
@example([Mutation("replace", 3, Nested(900))])
def test_a_manifest_with_anything_anywhere_is_safe_or_refused(changes: Sequence[Mutation]) -> None:
    """Values of every kind in the place of every other."""
    assert_safe(parsed(manifest_zip(dumped(mutated(DOCUMENT, changes)))))


@pytest.mark.timeout(600)
@cases(6)
@given(lies)
@example([Lie("central", 1, 1), Lie("local", 1, 1)])
def test_a_zip_that_lies_is_refused_or_harmless(told: Sequence[Lie]) -> None:
    """About lengths, offsets, checksums, flags and how many members it has."""
    data = GOOD
    for lie in told:
        data = lie.told(data)
    manifest = parsed(data)

    assert manifest is None or manifest.content == parse_manifest_zip(GOOD).content


@pytest.mark.timeout(600)
@cases(2)
@given(
    st.lists(st.sampled_from(LARGE) | st.integers(0, 2**64 - 1), max_size=4),
    st.integers(0, 7),
    st.sampled_from([1, 1, 1, 2, 0xFFFF]),
)
@example([2**64 - 1], 4, 1)
def test_large_numbers_are_refused(sizes: Sequence[int], marked: int, kind: int) -> None:
    """Of eight bytes each, which are offsets and lengths beyond any file."""
    assert parsed(with_extra(sizes, marked, kind=kind)) is None


@pytest.mark.timeout(600)
@cases(2)
@given(damaged)
def test_a_manifest_that_was_damaged_is_refused_or_the_same(how: Damaged) -> None:
    """Cut short at any place, or with some bytes changed."""
    data = how(GOOD)
    manifest = parsed(data if isinstance(data, bytes) else b"")

    assert manifest is None or manifest.content == parse_manifest_zip(GOOD).content


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WORST_MANIFESTS)
def test_the_worst_manifests_are_refused(name: str) -> None:
    """Whatever is wrong with them."""
    assert parsed(WORST_MANIFESTS[name]) is None


@dataclass(frozen=True, slots=True)
class Manifested:
    """Another manifest in place of an answer, whatever was asked for."""

    changes: Sequence[Mutation]

    def __call__(self, _: bytes) -> bytes:
        """Return it."""
        return answer(manifest_zip(dumped(mutated(SERVED, self.changes))), 200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror's folder, alone in its own."""
    return tmp_path_factory.mktemp("alone") / "mirror"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a mirror."""
    folder = tmp_path_factory.mktemp("tree") / "mirror"
    FakeArtifactServer.example().dump(folder)
    return folder


@pytest.mark.timeout(600)
@cases(1.5)
@given(mutations)
@example([Mutation("replace", 2, "\ud800")])
def test_a_folder_with_any_manifest_is_told_and_packed_or_refused(
    tree: Path, changes: Sequence[Mutation]
) -> None:
    """As after somebody put a file there by hand; nothing of the folder changes."""
    path = tree / f"downloads/endpoint/manifest/artifacts-{LIES}.zip"
    path.write_bytes(manifest_zip(dumped(mutated(DOCUMENT, changes))))
    before = published(tree)
    status = mirror_status(tree)
    error = error_of_packing(tree)

    assert str(status).encode()
    assert json.dumps(status.to_dict())
    assert len(error) <= LONGEST
    assert published(tree) == before


def error_of_packing(tree: Path) -> str:
    """Return why a folder is not packed; empty when it is."""
    bundle = tree.parent / "bundle.tar"
    bundle.unlink(missing_ok=True)
    try:
        pack_mirror(tree, bundle)
    except MirrorPolicyError as exc:
        assert not bundle.exists()
        return str(exc)
    assert bundle.is_file()
    return ""


@pytest.fixture(scope="module")
def stack() -> Iterator[HostileStack]:
    """A mirror whose answers are tampered with; retries do not wait."""
    with pytest.MonkeyPatch.context() as patch, hostile_stack(policies=0) as made:
        patch.setattr(_fetch, "RETRY", QUICK)
        yield made


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fast", [True, False])
@cases(1.5)
@given(tampering=tamperings, first=st.integers(0, 6), count=st.sampled_from([1, 3, 10**6]))
def test_a_mirror_that_answers_anything_is_judged(
    stack: HostileStack, *, fast: bool, tampering: Tampering, first: int, count: int
) -> None:
    """Every answer becomes a finding, and none ends the check in another way."""
    stack.begin_anew()
    stack.tampering, stack.first, stack.count = tampering, first, count
    report = check_mirror(MIRROR, endpoint_versions=[VERSION], fast=fast, parallel=1)

    assert str(report).encode()
    assert json.dumps(report.to_dict())


@pytest.mark.timeout(600)
@cases(2)
@given(
    tampering=st.builds(Manifested, mutations) | tamperings,
    first=st.integers(0, 6),
    count=st.sampled_from([1, 3, 10**6]),
)
def test_an_upstream_that_answers_anything_leaves_a_whole_mirror(
    stack: HostileStack, folder: Path, tampering: Tampering, first: int, count: int
) -> None:
    """The new one, or the one before; nothing is written beside the folder."""
    before = published(folder)
    stack.begin_anew()
    stack.tampering, stack.first, stack.count = tampering, first, count
    error = error_of_syncing(folder)

    assert len(error) <= LONGEST
    assert broken(folder) == []
    assert not error or published(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def error_of_syncing(folder: Path) -> str:
    """Return why a folder is not synced; empty when it is."""
    try:
        report = sync_mirror(folder, endpoint_versions=[VERSION], upstream=MIRROR, parallel=1)
    except MirrorPolicyError as exc:
        return str(exc)
    assert str(report).encode()
    assert json.dumps(report.to_dict())
    return ""
