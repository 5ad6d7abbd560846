"""Remove artifacts that no endpoint can ask for any more, and no others."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.folder.prune import prunable
from elastic_mirror_policy.mirror.folder.publish import write_record
from elastic_mirror_policy.mirror.folder.tree import MirrorTree
from elastic_mirror_policy.mirror.layout import manifest_path


def check_retention(keep: int, interval: float) -> None:
    """Refuse to keep less than nothing.

    Raises:
        ConfigurationError: One of them is negative, or no number.
    """
    if not (keep >= 0 and 0 <= interval < float("inf")):
        raise ConfigurationError(
            f"keep={keep} and interval={interval} cannot be used: give numbers from 0 on."
        )


def prune(
    tree: MirrorTree, *, keep: int, interval: float, now: datetime
) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Remove the files that nothing needs any more; return them, and what is worth knowing.

    Only files that a published manifest once named are ever removed.

    Raises:
        OSError: A file cannot be removed.
    """
    manifests = tree.manifests()
    unreadable = [version for version, manifest in manifests.items() if manifest is None]
    if unreadable:
        path = "/" + manifest_path(unreadable[0])
        return (), (Finding.of(FindingCode.PRUNE_SKIPPED, path),)
    published = frozenset(p for m in manifests.values() if m for p in m.paths)
    gone, versions = prunable(
        tree.record.versions, published, keep=keep, interval=interval, now=now
    )
    removed = tuple(sorted(path for path in gone if (tree.root / path).is_file()))
    for path in removed:
        (tree.root / path).unlink()
        _remove_empty(tree.root, (tree.root / path).parent)
    if gone or versions != tree.record.versions:
        tree.record = replace(tree.record, versions=versions)
        write_record(tree)
    return removed, ()


def _remove_empty(root: Path, folder: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
