"""A mirror's folder while one process works on it: lock, staging, and which files are right.

Nothing becomes visible in the tree from here: downloads end in a hidden staging folder, under
the name of their SHA-256, and a run that was killed is continued with what lies there.
"""

import contextlib
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from elastic_mirror_policy._files import locked, sha256_file
from elastic_mirror_policy.errors import ArtifactError, ManifestError
from elastic_mirror_policy.mirror.content import PIECE, ContentCheck
from elastic_mirror_policy.mirror.folder.disk import make_folders
from elastic_mirror_policy.mirror.folder.record import (
    RECORD_FOLDER,
    FileIdentity,
    SyncRecord,
    load_record,
)
from elastic_mirror_policy.mirror.layout import MANIFEST_FOLDER, manifest_path, manifest_version_of
from elastic_mirror_policy.mirror.manifest import MAX_ZIP, Artifact, Manifest, parse_manifest_zip

_COMPLETE = re.compile("[0-9a-f]{64}")


class MirrorTree:
    """The folder of a mirror.

    Attributes:
        root: The folder.
        record: What is remembered about it.
        files: The hashes of files in it, as far as they are known.
        decoded: What files were seen to decode to, by their hash: true of any file with it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.record: SyncRecord = load_record(root)
        self.files: dict[str, FileIdentity] = dict(self.record.files)
        self.decoded: dict[str, str] = dict(self.record.decoded)

    def manifest_data(self, version: str) -> bytes | None:
        """Return the bytes of a published manifest, or None when there is none.

        Raises:
            OSError: It cannot be read.
        """
        try:
            with (self.root / manifest_path(version)).open("rb") as file:
                return file.read(MAX_ZIP + 1)
        except FileNotFoundError:
            return None

    def manifest_versions(self) -> tuple[str, ...]:
        """Return the endpoint versions that have a manifest in the tree, sorted.

        Raises:
            OSError: The folder cannot be read.
        """
        folder = self.root / MANIFEST_FOLDER
        names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return tuple(sorted(v for v in map(manifest_version_of, names) if v is not None))

    def manifests(self) -> dict[str, Manifest | None]:
        """Return the published manifests; None stands for one that cannot be used.

        Raises:
            OSError: One cannot be read.
        """
        return {version: self._manifest(version) for version in self.manifest_versions()}

    def _manifest(self, version: str) -> Manifest | None:
        with contextlib.suppress(ManifestError):
            return parse_manifest_zip(self.manifest_data(version) or b"")
        return None

    def has_size(self, artifact: Artifact) -> bool:
        """Whether the file is there, with the right length where that is known."""
        try:
            seen = (self.root / artifact.path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return stat.S_ISREG(seen.st_mode) and artifact.encoded_size in {None, seen.st_size}

    def holds(self, artifact: Artifact, passed: Callable[[int], object] = int) -> bool:
        """Whether the file is there with the right bytes, reading it when need be.

        Args:
            artifact: What it has to be.
            passed: Called with the length of every piece that is read.

        Raises:
            OSError: It cannot be read.
        """
        if not self.has_size(artifact):
            return False
        if artifact.encoded_sha256 is None and not artifact.decoded_claim:
            return True
        digest = self.sha256(artifact.path, passed)
        return artifact.encoded_sha256 in {None, digest} and self.decodes(
            self.root / artifact.path, digest, artifact
        )

    def decodes(self, file: Path, digest: str, artifact: Artifact) -> bool:
        """Whether a file with this hash decodes to what the manifest names, as far as it says.

        Raises:
            OSError: It cannot be read.
        """
        claim = artifact.decoded_claim
        if not claim or self.decoded.get(digest) == claim:
            return True
        content = ContentCheck(artifact)
        with file.open("rb") as opened:
            while piece := opened.read(PIECE):
                content.feed(piece)
        if content.sha256 != digest or content.decoded_problem() is not None:
            return False
        self.decoded[digest] = claim
        return True

    def sha256(self, path: str, passed: Callable[[int], object] = int) -> str:
        """Return the hash of a file of the tree; hashed once as long as the file is the same.

        Raises:
            OSError: It cannot be read.
        """
        known = self.files.get(path)
        if known is None or known != identity(self.root / path, known.sha256):
            self.remember(path, sha256_file(self.root / path, passed))
        return self.files[path].sha256

    def forget(self, paths: Iterable[str]) -> None:
        """Trust no hash of these files: bytes can change under the same length and time."""
        for path in paths:
            self.files.pop(path, None)

    def remember(self, path: str, digest: str) -> None:
        """Note the hash of a file of the tree.

        Raises:
            OSError: It cannot be read.
        """
        self.files[path] = identity(self.root / path, digest)

    def find(self, digest: str) -> Path | None:
        """Return a file known to have this hash, wherever it lies in the tree."""
        for path, known in list(self.files.items()):
            with contextlib.suppress(OSError):
                if known.sha256 == digest and known == identity(self.root / path, digest):
                    return self.root / path
        return None

    def staged(self, name: str) -> Path:
        """Return the path of a file in the staging folder."""
        return self.root / RECORD_FOLDER / "staging" / name

    def clear_staging(self) -> None:
        """Remove everything in the staging folder.

        Raises:
            OSError: Something cannot be removed.
        """
        folder = self.staged("")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)


def identity(path: Path, digest: str) -> FileIdentity:
    """Return what shows later that a file is still the one that has this hash.

    Raises:
        OSError: It is not there.
    """
    seen = path.stat()
    return FileIdentity(digest, seen.st_size, seen.st_mtime_ns, seen.st_ino)


@contextlib.contextmanager
def open_tree(root: Path) -> Iterator[MirrorTree]:
    """Give a mirror's folder, made when it is absent, to this process alone.

    What a killed run left half-written is removed; what it had finished fetching stays.

    Raises:
        ArtifactError: Another process works on it, or its record cannot be understood.
        OSError: It cannot be written.
    """
    make_folders(root)
    own = root / RECORD_FOLDER
    own.mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(locked(own / "lock"))
        except BlockingIOError as exc:
            raise ArtifactError(
                f"Another process is working on the mirror in {os.fspath(root)!r}.",
                hint="Wait for it to end; a run that was killed leaves no lock behind.",
            ) from exc
        (own / "staging").mkdir(mode=0o700, exist_ok=True)
        for left in (*own.glob(".*.part"), *(own / "staging").iterdir()):
            if not _COMPLETE.fullmatch(left.name):
                left.unlink()
        yield MirrorTree(root)
