"""What the mirrors publish that policies name: one GET per mirror and endpoint version."""

import contextlib
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Self

from elastic_mirror_policy._http.download import Fetcher, read_all, usable_ca
from elastic_mirror_policy._time import http_seconds, moment
from elastic_mirror_policy._url import check_base_url, shown
from elastic_mirror_policy.endpoints.endpoint import MirrorManifest
from elastic_mirror_policy.endpoints.verdicts import Published
from elastic_mirror_policy.errors import (
    ConfigurationError,
    MirrorPolicyError,
    NotFoundError,
    TransportError,
)
from elastic_mirror_policy.mirror.folder.status import synced_times
from elastic_mirror_policy.mirror.layout import manifest_path, manifest_version_of
from elastic_mirror_policy.mirror.manifest import MAX_ZIP, parse_manifest_zip
from elastic_mirror_policy.mirror.version import EndpointVersion
from elastic_mirror_policy.policies.policy import DefendPolicy

NO_MIRROR: Final = "its policy names no mirror for its operating system"
NO_SYSTEM: Final = "its operating system is not known"

SyncedAt = float | Mapping[str, float] | None
"""When a mirror got what it publishes: at once, or for each endpoint version."""

_Manifest = tuple[str, str, str]
"""A mirror, an endpoint version, and the path a policy gives in place of the usual one."""

_UNASKED: Final = ("", Published())


class Mirrors:
    """Asks mirrors for manifests, each once; close it, or use it in `with`.

    A mirror that cannot be asked from here, or answers with something else than a manifest, leaves
    its endpoints `unknown`: endpoints may reach it all the same. After one failure to connect it is
    not asked again. Where it answers 404 it has no manifest for that version.

    Args:
        override: The URL under which the operator reaches the mirror, in place of the one that
            policies name. Endpoints whose policy names none stay `unknown` all the same.
        ca_cert: PEM file of the authority that signed the mirrors' certificates.
        synced_at: When the mirror got what it publishes, in seconds since 1970, for all versions
            or for each. When that is not known a manifest's time of modification stands for it,
            which is earlier.

    Raises:
        ConfigurationError: The override cannot be the URL of a mirror, or the certificate cannot
            be read.
    """

    def __init__(
        self,
        override: str | None = None,
        *,
        ca_cert: str | None = None,
        synced_at: SyncedAt = None,
    ) -> None:
        self._override = check_base_url(override, what="The mirror's URL") if override else None
        self._ca_cert = None if ca_cert is None else usable_ca(ca_cert)
        self._synced_at = synced_at
        self._fetchers: dict[str, Fetcher] = {}
        self._down: dict[str, str] = {}
        self._wanted: dict[tuple[str, str, str], tuple[str, Published]] = {}
        self._found: dict[_Manifest, Published] = {}
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._open.close()

    @property
    def asked(self) -> tuple[MirrorManifest, ...]:
        """What the mirrors were asked for, and answered."""
        return tuple(
            MirrorManifest(
                mirror=str(shown(url)),
                endpoint_version=version,
                manifest_version=found.version,
                published_at=found.since if found.filled else None,
                modified_at=None if found.filled else found.since,
                problem="there is no manifest for this version" if found.missing else found.problem,
            )
            for (url, version, _), found in sorted(self._found.items())
        )

    def published(self, policy: DefendPolicy, system: str, version: str) -> tuple[str, Published]:
        """Return the mirror that a policy names for a system, and what it has for a version.

        The mirror is empty when the policy names none.
        """
        key = (policy.id, system, version)
        if key not in self._wanted:
            self._wanted[key] = self._ask(policy, system, version)
        return self._wanted[key]

    def answered(self, policy: DefendPolicy, system: str, version: str) -> tuple[str, Published]:
        """Return what `published` has returned, or an empty answer when it was not called."""
        return self._wanted.get((policy.id, system, version), _UNASKED)

    def _ask(self, policy: DefendPolicy, system: str, version: str) -> tuple[str, Published]:
        settings = policy.settings.get(system)
        named = settings.get("base_url") if settings else None
        if settings is None or not named:
            why = policy.problem or (NO_MIRROR if system else NO_SYSTEM)
            return "", Published(problem=why)
        url = self._override or str(named)
        manifest = (url, version, str(settings.get("manifest_relative_url") or ""))
        if manifest not in self._found:
            self._found[manifest] = self._read(manifest)
        return str(shown(url)), self._found[manifest]

    def _read(self, manifest: _Manifest) -> Published:
        url = manifest[0]
        if url in self._down:
            return Published(problem=self._down[url])
        try:
            return self._fetch(url, _paths(manifest))
        except NotFoundError:
            return Published(missing=True)
        except TransportError as exc:
            self._down[url] = f"the mirror cannot be asked from here: {exc.message}"
            return Published(problem=self._down[url])
        except MirrorPolicyError as exc:
            return Published(problem=f"the mirror's manifest cannot be read: {exc.message}")

    def _fetch(self, url: str, paths: tuple[str, ...]) -> Published:
        """Return the first manifest that is there.

        Raises:
            NotFoundError: None of them is.
            MirrorPolicyError: One could not be read, or is not a manifest.
        """
        for path in paths[:-1]:
            with contextlib.suppress(NotFoundError):
                return self._get(url, path)
        return self._get(url, paths[-1])

    def _get(self, url: str, path: str) -> Published:
        answer, body = self._fetcher(url).get(path, read_all, limit=MAX_ZIP)
        manifest, filled = parse_manifest_zip(body), self._filled(path)
        return Published(
            version=manifest.version,
            hashes={a.name: a.decoded_sha256 for a in manifest.artifacts if a.decoded_sha256},
            since=http_seconds(answer.headers.get("last-modified")) if filled is None else filled,
            filled=filled is not None,
        )

    def _filled(self, path: str) -> float | None:
        """When the mirror got the manifest at this path, or None when that is not known."""
        if not isinstance(self._synced_at, Mapping):
            return self._synced_at
        return self._synced_at.get(manifest_version_of(path.rpartition("/")[2]) or "")

    def _fetcher(self, url: str) -> Fetcher:
        if url not in self._fetchers:
            checked = check_base_url(url, what="The mirror's URL")
            fetcher = Fetcher(checked, ca_cert=self._ca_cert, parallel=1)
            self._fetchers[url] = self._open.enter_context(fetcher)
        return self._fetchers[url]


def _paths(manifest: _Manifest) -> tuple[str, ...]:
    """Return where an endpoint may look for its manifest; a path in the policy is literal.

    Raises:
        ConfigurationError: Its version is not one.
    """
    _, version, literal = manifest
    if literal:
        if not literal.startswith("/"):
            raise ConfigurationError("The policy's manifest_relative_url begins with no slash.")
        return (literal,)
    return tuple(f"/{manifest_path(name)}" for name in EndpointVersion(version).candidates)


def filled_at(synced_at: datetime | str | os.PathLike[str] | None) -> SyncedAt:
    """Return the time when a mirror got what it publishes, from a time or from the mirror's folder.

    Raises:
        ConfigurationError: It is neither a time with its zone nor the folder of a mirror.
        ArtifactError: The folder's record cannot be understood.
    """
    if synced_at is None:
        return None
    if isinstance(synced_at, datetime):
        if synced_at.tzinfo is None:
            raise ConfigurationError(
                "synced_at has no time zone.", hint="Give datetime.now(UTC), for example."
            )
        return synced_at.timestamp()
    known = moment(synced_at)
    return synced_times(synced_at) if known is None else known
