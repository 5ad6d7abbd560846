"""What a closed network needs, and what it has already: one small file, carried out by hand.

It is written inside and read outside, by `sync` and `pack`, which then carry what is missing and
nothing else. Its digest shows that it was edited or damaged, not who wrote it.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, FailFast, PlainSerializer, ValidationError

from elastic_mirror_policy._document import Described, adapter, as_json, place_of
from elastic_mirror_policy._files import atomic_write, read_bounded
from elastic_mirror_policy._http.download import Fetcher
from elastic_mirror_policy._json import canonical, decode
from elastic_mirror_policy._url import check_base_url
from elastic_mirror_policy.errors import (
    ApiError,
    ArtifactError,
    ConfigurationError,
    NotFoundError,
)
from elastic_mirror_policy.mirror.bundles.index import Sha256
from elastic_mirror_policy.mirror.folder.disk import disk_errors
from elastic_mirror_policy.mirror.folder.record import TreePath, Version, sha256
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.manifest import Artifact, parse_manifest_zip
from elastic_mirror_policy.mirror.parallel import for_each
from elastic_mirror_policy.mirror.published import fetch_manifest
from elastic_mirror_policy.mirror.version import EndpointVersion, parse_versions
from elastic_mirror_policy.mirror.view import wanted_view
from elastic_mirror_policy.render.view import View
from elastic_mirror_policy.render.viewable import Viewable
from elastic_mirror_policy.render.words import count

MAX_SIZE: Final = 8 << 20
"""Largest file that is read, in bytes; one of fifty artifacts has about 10 kB."""
MAX_AGE: Final = timedelta(days=31)
"""A file that is older is refused: the documentation asks for an update at least once a month."""
_CLOCKS: Final = timedelta(days=1)
"""How far the clocks of both sides may differ."""


def _in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()


@dataclass(frozen=True, slots=True)
class HeldManifest:
    """A manifest that the closed network has.

    Attributes:
        version: The endpoint version in its file name.
        sha256: SHA-256 of the zip file.
        manifest_version: What it calls itself, or None.
    """

    version: Version
    sha256: Sha256
    manifest_version: str | None


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An artifact that the closed network has.

    Attributes:
        path: Where it lies below the tree.
        sha256: SHA-256 of the file.
    """

    path: TreePath
    sha256: Sha256


@dataclass(frozen=True, slots=True, repr=False, kw_only=True)
class Wanted(Viewable, Described):
    """What a closed network needs, and what it has already.

    Attributes:
        created_at: When that was looked at.
        versions: The endpoint versions whose manifests are needed.
        manifests: The manifests it has.
        files: The artifacts it has.
        digest: SHA-256 of everything else in it.
    """

    schema_version: Literal[1] = 1
    kind: Literal["mirror-wanted"] = "mirror-wanted"
    created_at: Annotated[AwareDatetime, PlainSerializer(_in_utc, return_type=str)]
    versions: Annotated[tuple[Version, ...], FailFast()]
    manifests: Annotated[tuple[HeldManifest, ...], FailFast()]
    files: Annotated[tuple[HeldFile, ...], FailFast()]
    digest: str = field(init=False, default="")

    def __post_init__(self) -> None:
        facts = canonical(as_json(self, without=["digest"]))
        object.__setattr__(self, "digest", sha256(facts))

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        return f"{count(len(self.versions), 'version')}; {count(len(self.files), 'file')} inside"

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: the versions, and which manifests are there."""
        there = {one.version: one.manifest_version for one in self.manifests}
        rows = tuple((version, version in there, there.get(version)) for version in self.versions)
        return (wanted_view(rows, files=len(self.files), digest=self.digest),)


def mirror_wanted(
    *,
    endpoint_versions: Iterable[str] = (),
    folder: str | os.PathLike[str] | None = None,
    mirror: str | None = None,
    ca_cert: str | None = None,
    parallel: int = 4,
    timeout: float = 30.0,
    now: datetime | None = None,
) -> Wanted:
    """Return what a closed network needs for these endpoint versions, and what it has.

    Args:
        endpoint_versions: The versions of the endpoints; when there are none, those of the folder.
        folder: The mirror's folder inside; only files with the right bytes count.
        mirror: Or the mirror's URL; only files that are served in their full length count.
        ca_cert: PEM file of the CA that issued the mirror's certificate.
        parallel: How many files the mirror is asked for at the same time.
        timeout: Seconds without a byte after which an answer is given up.
        now: The time to write down; the present when it is None.

    Raises:
        ConfigurationError: An argument cannot be used, or no version is known.
        ArtifactError: The folder cannot be read.
        ManifestError: What the mirror serves is not a manifest.
        TransportError: The mirror gave no usable answer.
        ApiError: The mirror answered with an error.
    """
    if folder is not None and mirror is not None:
        raise ConfigurationError("Give either the mirror's folder or its URL.")
    asked = tuple(endpoint_versions)
    held: tuple[tuple[HeldManifest, ...], tuple[HeldFile, ...]] = ((), ())
    if folder is not None:
        held = _in_folder(Path(folder))
        asked = asked or tuple(one.version for one in held[0])
    versions = parse_versions(asked)
    if mirror is not None:
        base = check_base_url(mirror, what="The mirror's URL")
        with Fetcher(base, ca_cert=ca_cert, timeout=timeout, parallel=parallel) as fetcher:
            held = _served(fetcher, versions, parallel)
    names = tuple(sorted(version.text for version in versions))
    return Wanted(
        versions=names, manifests=held[0], files=held[1], created_at=now or datetime.now(UTC)
    )


def _in_folder(root: Path) -> tuple[tuple[HeldManifest, ...], tuple[HeldFile, ...]]:
    if not root.is_dir():
        raise ConfigurationError(f"There is no folder {os.fspath(root)!r}.")
    with disk_errors(root):
        tree = MirrorTree(root)
        manifests = {v: one for v, one in tree.manifests().items() if one is not None}
        files = {
            artifact.path: tree.sha256(artifact.path)
            for manifest in manifests.values()
            for artifact in manifest.artifacts
            if tree.holds(artifact)
        }
        held = tuple(
            HeldManifest(version, sha256(tree.manifest_data(version) or b""), one.version)
            for version, one in manifests.items()
        )
    return held, _sorted(files)


def _served(
    fetcher: Fetcher, versions: Sequence[EndpointVersion], parallel: int
) -> tuple[tuple[HeldManifest, ...], tuple[HeldFile, ...]]:
    held: dict[str, HeldManifest] = {}
    named: dict[str, Artifact] = {}
    for version in versions:
        try:
            published = fetch_manifest(fetcher, version)
        except NotFoundError:
            continue
        manifest = parse_manifest_zip(published.data)
        held[published.name] = HeldManifest(
            published.name, sha256(published.data), manifest.version
        )
        named |= {one.path: one for one in manifest.artifacts}

    def there(artifact: Artifact) -> bool:
        try:
            answer = fetcher.head(artifact.relative_url)
        except ApiError:
            return False
        return answer.length is not None and answer.length == artifact.encoded_size

    listed = [one for one in named.values() if one.encoded_sha256]
    found = for_each(there, listed, parallel=parallel, abort=fetcher.abort)
    files = {
        one.path: one.encoded_sha256 or ""
        for one, is_there in zip(listed, found, strict=True)
        if is_there
    }
    return tuple(held.values()), _sorted(files)


def _sorted(files: dict[str, str]) -> tuple[HeldFile, ...]:
    return tuple(HeldFile(path, digest) for path, digest in sorted(files.items()))


def write_wanted(wanted: Wanted, path: str | os.PathLike[str]) -> None:
    """Write the file to be carried out, whole or not at all.

    Raises:
        ArtifactError: It cannot be written, or something else than a file is there.
    """
    # A link stays a link, and a device is never replaced.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise ArtifactError(f"{os.fspath(path)!r} cannot be written: it is not a regular file.")
    try:
        atomic_write(target, canonical(wanted.to_dict()) + b"\n")
    except OSError as exc:
        raise ArtifactError(
            f"{os.fspath(path)!r} cannot be written: {exc.strerror or exc}."
        ) from exc


def read_wanted(path: str | os.PathLike[str], *, now: datetime | None = None) -> Wanted:
    """Return what a file of `write_wanted` says.

    Raises:
        ConfigurationError: There is no such file.
        ArtifactError: It is another kind of file, was edited or damaged, or is too old.
    """
    name = os.fspath(path)
    if not Path(path).is_file():
        raise ConfigurationError(f"There is no file {name!r}.")
    with disk_errors(Path(path)):
        data = read_bounded(Path(path), MAX_SIZE)
    wanted = _parsed(data, name)
    age = (now or datetime.now(UTC)) - wanted.created_at
    if not -_CLOCKS <= age <= MAX_AGE:
        when = f"{wanted.created_at:%Y-%m-%d}"
        raise ArtifactError(
            f"{name!r} was written on {when}: what the closed network has may have changed since.",
            hint="Run `mirror wanted` inside again; compare the clocks when it is new.",
        )
    return wanted


def _parsed(data: bytes, name: str) -> Wanted:
    try:
        document = decode(data)
    except ValueError as exc:
        raise _foreign(name) from exc
    if not isinstance(document, dict) or document.get("kind") != "mirror-wanted":
        raise _foreign(name)
    facts = canonical({key: value for key, value in document.items() if key != "digest"})
    if document.get("digest") != sha256(facts):
        raise ArtifactError(
            f"{name!r} does not match its own digest: it was edited or damaged.",
            hint="Run `mirror wanted` inside again, and carry the file unchanged.",
        )
    try:
        return adapter(Wanted).validate_json(facts)
    except ValidationError as exc:
        raise ArtifactError(
            f"{name!r} cannot be used (at {place_of(exc)!r}).",
            hint="Use the same version of the program on both sides.",
        ) from exc


def _foreign(name: str) -> ArtifactError:
    return ArtifactError(
        f"{name!r} is not a file of `mirror wanted`.",
        hint="Write one inside: `mirror wanted --out FILE --fleet`.",
    )
