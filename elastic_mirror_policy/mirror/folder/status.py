"""How old each version in a mirror's folder is, and whether its files are there; asks nobody."""

import os
from datetime import UTC, datetime
from pathlib import Path

from elastic_mirror_policy._time import http_seconds, span
from elastic_mirror_policy.errors import ConfigurationError, ManifestError
from elastic_mirror_policy.mirror.folder.disk import disk_errors
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest_zip
from elastic_mirror_policy.mirror.report import MirrorStatus
from elastic_mirror_policy.mirror.versions import VersionStatus


def mirror_status(
    folder: str | os.PathLike[str], *, max_age: str | None = None, now: datetime | None = None
) -> MirrorStatus:
    """Return how old every manifest in the folder is, from the record of its syncs.

    Files are looked at by their length; `check_mirror` reads their bytes.

    Args:
        folder: The mirror's folder.
        max_age: How long ago its last sync may be, such as `30d`; no limit when left out.
        now: The present, when it is another one.

    Raises:
        ConfigurationError: There is no such folder, or the limit is not a span of time.
        ArtifactError: It cannot be read, or its record cannot be understood.
    """
    limit = None if max_age is None else span(max_age, what="The largest age")
    root = Path(folder)
    if not root.is_dir():
        raise ConfigurationError(f"There is no folder {os.fspath(folder)!r}.")
    with disk_errors(root):
        tree = MirrorTree(root)
        moment = now or datetime.now(UTC)
        versions = [_status(tree, version, moment) for version in tree.manifest_versions()]
    return MirrorStatus(os.fspath(root), tuple(versions), limit)


def synced_times(folder: str | os.PathLike[str]) -> dict[str, float]:
    """Return the time when the folder got each manifest that it publishes, in seconds since 1970.

    Raises:
        ConfigurationError: There is no such folder, or nothing was recorded in it.
        ArtifactError: It cannot be read, or its record cannot be understood.
    """
    times = {
        version.endpoint_version: datetime.fromisoformat(version.published_at).timestamp()
        for version in mirror_status(folder).versions
        if version.published_at
    }
    if not times:
        raise ConfigurationError(
            f"{os.fspath(folder)!r} does not say when it was synced: nothing is recorded in it.",
            hint="Give the folder that `mirror sync` or `mirror unpack` fills, or a time.",
        )
    return times


def _status(tree: MirrorTree, version: str, now: datetime) -> VersionStatus:
    manifest: Manifest | None = None
    problem = ""
    try:
        manifest = parse_manifest_zip(tree.manifest_data(version) or b"")
    except ManifestError as exc:
        problem = exc.message
    record = tree.record.versions.get(version)
    artifacts = manifest.artifacts if manifest else ()
    modified = http_seconds(record.last_modified) if record else None
    return VersionStatus(
        endpoint_version=version,
        manifest_version=manifest.version if manifest else None,
        artifacts=len(artifacts),
        missing=sum(not tree.has_size(artifact) for artifact in artifacts),
        published_at=record.published_at.isoformat() if record else None,
        checked_at=record.checked_at.isoformat() if record else None,
        age_seconds=(now - record.checked_at).total_seconds() if record else None,
        upstream=record.upstream if record else None,
        upstream_modified=record.last_modified if record else None,
        manifest_age_seconds=None if modified is None else now.timestamp() - modified,
        problem=problem,
    )
