"""Whatever a bundle holds: its mirror as it was packed, or the mirror as it was."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from support.cases import cases
from support.hostile_bundles import WORST_BUNDLES, Damage, Indexed, Member, damages, joined, members
from support.mutations import Mutation, Nested, mutations
from support.trees import broken, manifest_versions, published

from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.mirror import pack_mirror, unpack_mirror
from elastic_mirror_policy.testing._artifacts.content import SyntheticArtifact, example_artifacts
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

LONGEST = 1500
MODEL = SyntheticArtifact("synthetic-model-v1", b"model " * 300, "none")
RULES = SyntheticArtifact("synthetic-rules-v1", b"rules " * 300)


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Nothing is said about crashes here: the disk need not be waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Member]:
    """The members of a good bundle of two artifacts."""
    folder = tmp_path_factory.mktemp("good")
    FakeArtifactServer({"9.1.3": [MODEL, RULES]}).dump(folder / "outside")
    pack_mirror(folder / "outside", folder / "bundle.tar")
    return members((folder / "bundle.tar").read_bytes())


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mirror of another release, alone in its folder."""
    folder = tmp_path_factory.mktemp("inside")
    FakeArtifactServer({"9.1.3": example_artifacts("9.1.3")}).dump(folder.parent / "old")
    pack_mirror(folder.parent / "old", folder.parent / "old.tar")
    unpack_mirror(folder.parent / "old.tar", folder / "mirror")
    return folder / "mirror"


def error_of(data: bytes, mirror: Path) -> str:
    """Return why a bundle is refused, which changed nothing; empty when it was unpacked."""
    bundle = mirror.parent.parent / "bundle.tar"
    bundle.write_bytes(data)
    before = published(mirror)
    try:
        report = unpack_mirror(bundle, mirror)
    except MirrorPolicyError as exc:
        error = str(exc)
    else:
        assert str(report).encode()
        assert json.dumps(report.to_dict())
        return ""
    assert published(mirror) == before
    assert error.isprintable()
    return error


def assert_whole(mirror: Path) -> None:
    """Check that a mirror has all that its manifest names, and nothing lies beside it."""
    assert broken(mirror) == []
    assert set(manifest_versions(mirror)) == {"9.1.3"}
    assert [path.name for path in mirror.parent.iterdir()] == [mirror.name]
    assert [path for path in mirror.rglob("*") if path.is_symlink()] == []


def test_the_whole_bundle_is_good(good: list[Member], mirror: Path) -> None:
    """What the other tests change is the only thing that is wrong."""
    assert error_of(joined(good), mirror) == ""
    assert_whole(mirror)


@pytest.mark.timeout(600)
@cases(12)
@given(damages(mutations))
@example(Indexed([Mutation("replace", 0, Nested(900))]))
def test_a_bundle_with_anything_in_it_is_unpacked_whole_or_not_at_all(
    good: list[Member], mirror: Path, damage: Damage
) -> None:
    """Headers, members, order, index and length."""
    error = error_of(damage(list(good)), mirror)

    assert len(error) <= LONGEST
    assert_whole(mirror)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WORST_BUNDLES)
def test_the_worst_bundles_are_refused(good: list[Member], mirror: Path, name: str) -> None:
    """Whatever is wrong with them."""
    error = error_of(WORST_BUNDLES[name](list(good)), mirror)

    assert 0 < len(error) <= LONGEST
    assert_whole(mirror)
