"""What a check, a sync, a look at a folder or a bundle found: values with JSON (pure)."""

from dataclasses import asdict, dataclass

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.mirror.findings import Finding, verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class VersionResult:
    """How the mirror serves one endpoint version.

    Attributes:
        endpoint_version: The version that was asked for.
        manifest_version: What its manifest calls itself, or None.
        artifacts: How many artifacts it names.
        healthy: Whether endpoints of this version can update; None when it could not be told.
    """

    endpoint_version: str
    manifest_version: str | None
    artifacts: int
    healthy: bool | None


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """Whether endpoints that are pointed at a mirror can update from it.

    Attributes:
        url: The mirror's base URL.
        versions: One result per endpoint version.
        findings: Everything that was found, the worst first.
    """

    url: str
    versions: tuple[VersionResult, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def healthy(self) -> bool | None:
        """Whether every version is served as endpoints need it; None when it could not be told."""
        return verdict(self.findings) if self.versions else None

    @property
    def exit_code(self) -> int:
        """0 for a healthy mirror, 2 for problems, 1 when it could not be told."""
        return {True: 0, False: 2, None: 1}[self.healthy]

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as decoded JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "mirror-report",
            "healthy": self.healthy,
            "versions": [asdict(version) for version in self.versions],
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """What a sync or a bundle did for one manifest.

    Attributes:
        endpoint_version: The version in the manifest's file name.
        manifest_version: What the manifest calls itself now, or None.
        previous: What the one before called itself, or None when there was none.
        changed: Whether the manifest was replaced.
        artifacts: How many artifacts it names.
    """

    endpoint_version: str
    manifest_version: str | None
    previous: str | None
    changed: bool
    artifacts: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync changed.

    Attributes:
        folder: The mirror's folder.
        upstream: Where it was filled from.
        versions: One entry per manifest.
        fetched: Artifacts that were fetched.
        fetched_bytes: Their bytes.
        reused: Artifacts that were there already.
        pruned: Files that were removed because nothing names them any more.
        requests: Requests that were sent.
        findings: What is worth knowing; none of it kept the sync from being done.
        verified: Whether every file that was kept was read again.
    """

    folder: str
    upstream: str
    versions: tuple[PublishedVersion, ...]
    fetched: int
    fetched_bytes: int
    reused: int
    pruned: tuple[str, ...]
    requests: int
    findings: tuple[Finding, ...] = ()
    verified: bool = False

    @property
    def changed(self) -> bool:
        """Whether anything in the folder is different now."""
        return bool(self.fetched or self.pruned or any(v.changed for v in self.versions))

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as decoded JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "sync-report",
            "changed": self.changed,
            "folder": self.folder,
            "upstream": self.upstream,
            "versions": [asdict(version) for version in self.versions],
            "fetched": self.fetched,
            "fetched_bytes": self.fetched_bytes,
            "reused": self.reused,
            "pruned": list(self.pruned),
            "requests": self.requests,
            "verified": self.verified,
            "findings": [finding.to_dict() for finding in self.findings],
        }


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """How old one manifest in a folder is.

    Attributes:
        endpoint_version: The version in the manifest's file name.
        manifest_version: What the manifest calls itself, or None.
        artifacts: How many artifacts it names.
        missing: Artifacts that are not there, or have the wrong length.
        published_at: When this manifest was put there, as ISO 8601, or None when not recorded.
        checked_at: When the upstream was last asked for a newer one, or None.
        age_seconds: Seconds since `checked_at`, or None.
        upstream: Where it came from, or None when not recorded.
        upstream_modified: The upstream's Last-Modified, or None.
        problem: Why the manifest cannot be used, or an empty string.
    """

    endpoint_version: str
    manifest_version: str | None
    artifacts: int
    missing: int
    published_at: str | None
    checked_at: str | None
    age_seconds: float | None
    upstream: str | None
    upstream_modified: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """How old every version in a mirror's folder is.

    Attributes:
        folder: The mirror's folder.
        versions: One entry per manifest in the folder.
    """

    folder: str
    versions: tuple[VersionStatus, ...]

    @property
    def complete(self) -> bool:
        """Whether there are manifests, all readable, and every artifact they name is there."""
        return bool(self.versions) and not any(v.missing or v.problem for v in self.versions)

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the status as decoded JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "mirror-status",
            "complete": self.complete,
            "folder": self.folder,
            "versions": [asdict(version) for version in self.versions],
        }


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What was packed into a bundle, or unpacked from one.

    Attributes:
        action: `packed` or `unpacked`.
        bundle: The bundle's file.
        folder: The mirror's folder.
        index_sha256: SHA-256 of the bundle's index; the same on both sides of the air gap.
        versions: One entry per manifest.
        files: Artifacts in the bundle.
        bytes: Their bytes.
        required: Artifacts the bundle leaves out because an earlier one brought them.
        pruned: Files that were removed because nothing names them any more.
        findings: What is worth knowing; none of it kept the work from being done.
    """

    action: str
    bundle: str
    folder: str
    index_sha256: str
    versions: tuple[PublishedVersion, ...]
    files: int
    bytes: int
    required: int
    pruned: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    def to_dict(self) -> dict[str, JsonValue]:
        """Return the report as decoded JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "bundle-report",
            "action": self.action,
            "bundle": self.bundle,
            "folder": self.folder,
            "index_sha256": self.index_sha256,
            "versions": [asdict(version) for version in self.versions],
            "files": self.files,
            "bytes": self.bytes,
            "required": self.required,
            "pruned": list(self.pruned),
            "findings": [finding.to_dict() for finding in self.findings],
        }
