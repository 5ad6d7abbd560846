"""The artifact mirror: check it, fill it, carry it, serve it.

Everything to import stands here; the modules behind it are an arrangement of this package.
"""

from elastic_mirror_policy.mirror.bundles.bundle import pack_mirror, unpack_mirror
from elastic_mirror_policy.mirror.bundles.wanted import (
    HeldFile,
    HeldManifest,
    Wanted,
    mirror_wanted,
    read_wanted,
    write_wanted,
)
from elastic_mirror_policy.mirror.checking.check import check_mirror
from elastic_mirror_policy.mirror.codes import FindingCode, Severity
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.folder.status import mirror_status
from elastic_mirror_policy.mirror.folder.sync import sync_mirror
from elastic_mirror_policy.mirror.layout import UPSTREAM
from elastic_mirror_policy.mirror.logs.read import read_access_logs
from elastic_mirror_policy.mirror.logs.report import (
    AccessLogReport,
    Caller,
    LogSummary,
    ManifestRequests,
    VersionAddresses,
)
from elastic_mirror_policy.mirror.manifest import Artifact, Manifest
from elastic_mirror_policy.mirror.progress import Progress
from elastic_mirror_policy.mirror.report import BundleReport, MirrorReport, MirrorStatus, SyncReport
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus

__all__ = [
    "UPSTREAM",
    "AccessLogReport",
    "Artifact",
    "BundleReport",
    "Caller",
    "Finding",
    "FindingCode",
    "HeldFile",
    "HeldManifest",
    "LogSummary",
    "Manifest",
    "ManifestRequests",
    "MirrorReport",
    "MirrorStatus",
    "Progress",
    "PublishedVersion",
    "Severity",
    "SyncReport",
    "VersionAddresses",
    "VersionResult",
    "VersionStatus",
    "Wanted",
    "check_mirror",
    "mirror_status",
    "mirror_wanted",
    "pack_mirror",
    "read_access_logs",
    "read_wanted",
    "sync_mirror",
    "unpack_mirror",
    "write_wanted",
]
