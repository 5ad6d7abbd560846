"""What FakeArtifactServer publishes: endpoint versions, their artifacts, and releases of them."""

import fnmatch
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.layout import manifest_path
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    manifest_document,
    manifest_zip,
)

if TYPE_CHECKING:
    from elastic_mirror_policy.testing._artifacts.signer import ThrowAwaySigner

_FIRST_RELEASE = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
_BETWEEN_RELEASES = timedelta(days=3)


class ArtifactCatalogue:
    """Manifests and artifacts of several endpoint versions, and the files they are made of.

    Args:
        versions: The artifacts of each endpoint version.
    """

    def __init__(self, versions: Mapping[str, Iterable[SyntheticArtifact]]) -> None:
        self._versions = {name: tuple(listed) for name, listed in versions.items()}
        self._build = 260
        self._releases = 0
        self._files: dict[str, tuple[bytes, datetime]] = {}
        self._signer: ThrowAwaySigner | None = None
        self._publish()

    @property
    def manifest_version(self) -> str:
        """What the newest manifests call themselves."""
        return f"1.0.{self._build}"

    def artifacts(self, endpoint_version: str) -> tuple[SyntheticArtifact, ...]:
        """Return the artifacts of an endpoint version, as published now."""
        return self._versions[endpoint_version]

    def release(self, *names: str, build: int | None = None, withdraw: bool = False) -> str:
        """Publish manifests in which the named artifacts have new content; return their version.

        Without names, the artifacts whose name contains `rules` change. `build` sets the last
        number of the version, also backwards. `withdraw` removes files that no manifest names.
        """
        self._build = self._build + 1 if build is None else build
        chosen = names or ("*rules*",)
        self._versions = {
            version: tuple(
                self._changed(a) if any(fnmatch.fnmatch(a.name, n) for n in chosen) else a
                for a in listed
            )
            for version, listed in self._versions.items()
        }
        if withdraw:
            self._files.clear()
        self._publish()
        return self.manifest_version

    def _changed(self, artifact: SyntheticArtifact) -> SyntheticArtifact:
        return replace(artifact, content=f"{self.manifest_version}\n".encode() + artifact.content)

    def sign(self) -> str:
        """Sign this and all later manifests with a throw-away key; return its public PEM.

        Raises:
            ConfigurationError: The package `cryptography` is not installed.
        """
        try:
            from elastic_mirror_policy.testing._artifacts.signer import (  # noqa: PLC0415 - an extra
                ThrowAwaySigner,
            )
        except ModuleNotFoundError as exc:
            raise ConfigurationError(
                "Signing manifests needs the package cryptography.",
                hint="Install it with: pip install cryptography (it is the extra [signature]).",
            ) from exc
        self._signer = ThrowAwaySigner()
        self._publish()
        return self._signer.public_pem

    def edit_manifest(
        self, endpoint_version: str, edit: Callable[[dict[str, JsonValue]], object]
    ) -> None:
        """Serve a manifest that `edit` has changed, until the next release."""
        document = manifest_document(self.manifest_version, self._versions[endpoint_version])
        edit(document)
        self.serve_manifest(endpoint_version, manifest_zip(document))

    def serve_manifest(self, endpoint_version: str, data: bytes) -> None:
        """Serve these bytes as the version's manifest, until the next release."""
        self._files["/" + manifest_path(endpoint_version)] = (data, self._released_at)

    def dump(self, folder: str | os.PathLike[str]) -> None:
        """Write what is served into a folder, with the times of the releases."""
        for path, (data, modified) in self._files.items():
            target = Path(folder, path[1:])
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            os.utime(target, (modified.timestamp(), modified.timestamp()))

    @property
    def _released_at(self) -> datetime:
        return _FIRST_RELEASE + (self._releases - 1) * _BETWEEN_RELEASES

    def _publish(self) -> None:
        self._releases += 1
        for version, listed in self._versions.items():
            document = manifest_document(self.manifest_version, listed)
            for artifact in listed:
                known = self._files.get(artifact.relative_url)
                if known is None or known[0] != artifact.wire:
                    self._files[artifact.relative_url] = (artifact.wire, self._released_at)
            signature = self._signer.sign(document) if self._signer else None
            data = manifest_zip(document, signature=signature)
            self.serve_manifest(version, data)
