"""The signature of a manifest, verified with a key that the user gives.

`manifest.sig` is believed to be an RSA SHA-256 signature of `manifest.json`: that is how Kibana
reads the sibling manifest on the same server. Which key signs endpoint manifests is not
documented, so none is built in, and without one nothing is called valid.
"""

import os
from pathlib import Path
from typing import Protocol

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.manifest import Manifest

_LONGEST_PEM = 1 << 16


class Verifier(Protocol):
    """A public key."""

    fingerprint: str

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Return whether this key signed the content."""
        ...


def load_public_key(source: str | os.PathLike[str]) -> Verifier:
    """Return the public key in a PEM text, or in the file of that name.

    Raises:
        ConfigurationError: There is no such file, it is not an RSA public key, or the package
            `cryptography` is not installed.
    """
    try:
        from elastic_mirror_policy.mirror.checking.rsa import PublicKey  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "Verifying the manifest's signature needs the package cryptography.",
            hint="Install it with: pip install cryptography (it is the extra [signature]).",
        ) from exc
    try:
        return PublicKey(_pem(source))
    except OSError as exc:
        raise ConfigurationError(f"The public key cannot be read: {exc.strerror}.") from exc
    except ValueError as exc:
        raise ConfigurationError(
            "The public key is not an RSA public key in PEM.",
            hint="It begins with -----BEGIN PUBLIC KEY-----.",
        ) from exc


def _pem(source: str | os.PathLike[str]) -> bytes:
    if isinstance(source, str) and "-----BEGIN" in source:
        return source.encode()
    with Path(source).open("rb") as file:
        return file.read(_LONGEST_PEM)


def signature_finding(manifest: Manifest, path: str, key: Verifier | None) -> Finding | None:
    """Return what can be said about the signature; None when there is none and none is wanted."""
    if manifest.signature is None:
        return None if key is None else Finding.of(FindingCode.SIGNATURE_MISSING, path)
    if key is None:
        return Finding.of(FindingCode.SIGNATURE_UNVERIFIED, path)
    valid = key.verifies(manifest.content, manifest.signature)
    code = FindingCode.SIGNATURE_VALID if valid else FindingCode.SIGNATURE_INVALID
    return Finding.of(code, path, f"{code.meaning} Key: {key.fingerprint}.")
