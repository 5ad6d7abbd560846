"""What a check, a sync, a look at a folder or a bundle found: values with JSON (pure)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from elastic_mirror_policy._document import Document
from elastic_mirror_policy.mirror.findings import Finding, health_of
from elastic_mirror_policy.mirror.versions import PublishedVersion, VersionResult, VersionStatus
from elastic_mirror_policy.mirror.view import bundle_view, check_view, status_view, sync_view
from elastic_mirror_policy.render.view import View
from elastic_mirror_policy.render.viewable import Viewable
from elastic_mirror_policy.render.words import count


@dataclass(frozen=True, slots=True, repr=False)
class MirrorReport(Viewable, Document):
    """Whether endpoints that are pointed at a mirror can update from it.

    Attributes:
        url: The mirror's base URL.
        versions: One result per endpoint version.
        findings: Everything that was found, the worst first.
        fast: Whether only the headers of artifacts were looked at, not their bytes.
    """

    kind: ClassVar[Literal["mirror-report"]] = "mirror-report"
    KEYS: ClassVar = ("healthy", "fast", "versions", "findings")

    url: str
    versions: tuple[VersionResult, ...]
    findings: tuple[Finding, ...] = ()
    fast: bool = False

    @property
    def healthy(self) -> bool | None:
        """Whether every version is served as endpoints need it; None when that is not known."""
        return health_of(self.findings) if self.versions else None

    @property
    def exit_code(self) -> int:
        """0 for a healthy mirror, 2 for problems, 1 when it could not be determined."""
        return {True: 0, False: 2, None: 1}[self.healthy]

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        told = {True: "healthy", False: "not healthy", None: "could not tell"}[self.healthy]
        versions = count(len(self.versions), "version")
        return f"{told}; {versions}, {count(len(self.findings), 'finding')}"

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: the status, the versions, what was found."""
        return (check_view(self.url, self.healthy, self.versions, self.findings, fast=self.fast),)


@dataclass(frozen=True, slots=True, repr=False)
class SyncReport(Viewable, Document):
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

    kind: ClassVar[Literal["sync-report"]] = "sync-report"
    KEYS: ClassVar = (
        *("changed", "folder", "upstream", "versions", "fetched", "fetched_bytes", "reused"),
        *("pruned", "requests", "verified", "findings"),
    )

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

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        news = "updated" if self.changed else "nothing new"
        return f"{news}; {count(self.fetched, 'artifact')} fetched, {self.reused:,} reused"

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: what is new, and what it took."""
        view = sync_view(
            self.folder,
            self.upstream,
            self.versions,
            self.findings,
            changed=self.changed,
            fetched=(self.fetched, self.fetched_bytes),
            reused=self.reused,
            pruned=len(self.pruned),
            requests=self.requests,
            verified=self.verified,
        )
        return (view,)


@dataclass(frozen=True, slots=True, repr=False)
class MirrorStatus(Viewable, Document):
    """How old every version in a mirror's folder is.

    Attributes:
        folder: The mirror's folder.
        versions: One entry per manifest in the folder.
        max_age_seconds: How long ago the last sync may be, or None when there is no limit.
    """

    kind: ClassVar[Literal["mirror-status"]] = "mirror-status"
    KEYS: ClassVar = ("complete", "max_age_seconds", "fresh", "folder", "versions")

    folder: str
    versions: tuple[VersionStatus, ...]
    max_age_seconds: float | None = None

    @property
    def fresh(self) -> bool | None:
        """Whether every version was synced within the limit; None without one, or if unknown."""
        if self.max_age_seconds is None:
            return None
        ages = [version.age_seconds for version in self.versions]
        if any(age is not None and age > self.max_age_seconds for age in ages):
            return False
        return None if None in ages else True

    @property
    def exit_code(self) -> int:
        """0 when all is there and new enough, 2 for problems, 1 when the age is not recorded."""
        if not self.complete or self.fresh is False:
            return 2
        return 1 if self.max_age_seconds is not None and self.fresh is None else 0

    @property
    def complete(self) -> bool:
        """Whether there are manifests, all readable, and every artifact they name is there."""
        return bool(self.versions) and not any(v.missing or v.problem for v in self.versions)

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        told = "complete" if self.complete else "not complete"
        return f"{told}; {count(len(self.versions), 'version')}"

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: what is there, and how old it is."""
        view = status_view(
            self.folder,
            self.versions,
            complete=self.complete,
            fresh=self.fresh,
            limit=self.max_age_seconds,
        )
        return (view,)


@dataclass(frozen=True, slots=True, repr=False)
class BundleReport(Viewable, Document):
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

    kind: ClassVar[Literal["bundle-report"]] = "bundle-report"
    KEYS: ClassVar = (
        *("action", "bundle", "folder", "index_sha256", "versions", "files", "bytes"),
        *("required", "pruned", "findings"),
    )

    action: Literal["packed", "unpacked"]
    bundle: str
    folder: str
    index_sha256: str
    versions: tuple[PublishedVersion, ...]
    files: int
    bytes: int
    required: int
    pruned: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def gist(self) -> str:
        """What it comes to, in a few words."""
        return f"{self.action}; {count(self.files, 'artifact')}"

    def views(self) -> tuple[View, ...]:
        """Return what there is to say: what it holds, and the hash to compare."""
        view = bundle_view(
            self.action,
            self.bundle,
            self.folder,
            self.versions,
            self.findings,
            index_sha256=self.index_sha256,
            files=(self.files, self.bytes),
            required=self.required,
            pruned=len(self.pruned),
        )
        return (view,)
