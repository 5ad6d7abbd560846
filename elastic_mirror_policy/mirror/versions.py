"""What a check, a sync or a look at a folder says of one endpoint version (pure)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VersionResult:
    """How the mirror serves one endpoint version.

    Attributes:
        endpoint_version: The version that was asked for.
        manifest_version: What its manifest calls itself, or None.
        artifacts: How many artifacts it names.
        healthy: Whether endpoints of this version can update; None when it could not be determined.
        modified_at: The manifest's Last-Modified as ISO 8601, or None: as a rule when the upstream
            published it.
        age_seconds: Seconds since then, or None.
    """

    endpoint_version: str
    manifest_version: str | None
    artifacts: int
    healthy: bool | None
    modified_at: str | None = None
    age_seconds: float | None = None


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
        manifest_age_seconds: Seconds since that, or None.
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
    manifest_age_seconds: float | None = None
    problem: str = ""
