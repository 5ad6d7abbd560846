"""Which files nothing needs any more (pure)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from elastic_mirror_policy.mirror.folder.record import PreviousManifest, VersionRecord


def prunable(
    versions: Mapping[str, VersionRecord],
    published: frozenset[str],
    *,
    keep: int,
    interval: float,
    now: datetime,
) -> tuple[frozenset[str], dict[str, VersionRecord]]:
    """Return the paths that may go, and the records without the manifests that named them.

    A path may go when only expired manifests name it: such that are not published, not among the
    `keep` previous ones of their version, and were replaced at least `interval` seconds ago. An
    endpoint that read a manifest just before it was replaced still asks for its artifacts.
    """

    def expired(place: int, manifest: PreviousManifest) -> bool:
        return place >= keep and now - manifest.replaced_at >= timedelta(seconds=interval)

    gone: set[str] = set()
    needed = set(published)
    kept: dict[str, VersionRecord] = {}
    for version, record in versions.items():
        stay = []
        for place, manifest in enumerate(record.previous):
            (gone if expired(place, manifest) else needed).update(manifest.paths)
            if not expired(place, manifest):
                stay.append(manifest)
        kept[version] = replace(record, previous=tuple(stay))
    return frozenset(gone - needed), kept


def with_previous(
    record: VersionRecord | None, manifest: PreviousManifest
) -> tuple[PreviousManifest, ...]:
    """Return the previous manifests of a version once this one is replaced.

    The same one twice, as after an interrupted run, is one.
    """
    before = record.previous if record else ()
    return (manifest, *(one for one in before if one.sha256 != manifest.sha256))
