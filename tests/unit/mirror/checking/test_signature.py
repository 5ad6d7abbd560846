"""A signature is valid with a key the user gave, or it is not called valid."""

import base64
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.checking.signature import (
    Verifier,
    load_public_key,
    signature_finding,
)
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.manifest import Manifest, parse_manifest_zip
from elastic_mirror_policy.testing._artifacts.content import (
    SyntheticArtifact,
    manifest_document,
    manifest_zip,
)
from elastic_mirror_policy.testing._artifacts.signer import ThrowAwaySigner
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

SIGNER = ThrowAwaySigner()
DOCUMENT = manifest_document("1.0.261", [SyntheticArtifact("synthetic-v1", b"content")])
EC_PEM = (
    ec.generate_private_key(ec.SECP256R1())
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)

UNKNOWN_KIND = (
    "-----BEGIN PUBLIC KEY-----\n"
    + base64.b64encode(bytes.fromhex("300b300506032a030403020001")).decode()
    + "\n-----END PUBLIC KEY-----\n"
)
"""A public key of an algorithm that does not exist (object identifier 1.2.3.4)."""


def manifest(signature: bytes | None) -> Manifest:
    """A manifest with this signature."""
    return parse_manifest_zip(manifest_zip(DOCUMENT, signature=signature))


def found(signature: bytes | None, key: Verifier | None) -> FindingCode | None:
    """The code of the finding about the signature."""
    finding = signature_finding(manifest(signature), "/m", key)
    return finding.code if finding else None


def test_a_signature_of_the_key_is_valid() -> None:
    """RSA with SHA-256 over the bytes of manifest.json; the key is named by its hash."""
    key = load_public_key(SIGNER.public_pem)
    finding = signature_finding(manifest(SIGNER.sign(DOCUMENT)), "/m", key)

    assert finding is not None
    assert finding.code is FindingCode.SIGNATURE_VALID
    assert key.fingerprint in finding.message
    assert len(key.fingerprint) == 64


@pytest.mark.parametrize(
    "signature", [SIGNER.sign({}), b"", b"x" * 256, ThrowAwaySigner().sign(DOCUMENT)]
)
def test_any_other_signature_is_invalid(signature: bytes) -> None:
    """Of other bytes, of another key, or no signature at all."""
    assert found(signature, load_public_key(SIGNER.public_pem)) is FindingCode.SIGNATURE_INVALID


def test_without_a_key_nothing_is_called_valid() -> None:
    """It is there, and that is all that is said."""
    code = found(SIGNER.sign(DOCUMENT), None)

    assert code is FindingCode.SIGNATURE_UNVERIFIED
    assert "not verified" in code.meaning


def test_a_key_asks_for_a_signature() -> None:
    """Taking the signature away must not get past the key."""
    assert found(None, load_public_key(SIGNER.public_pem)) is FindingCode.SIGNATURE_MISSING


def test_no_signature_and_no_key_is_nothing_to_tell() -> None:
    """Signatures are not required of a mirror."""
    assert found(None, None) is None


@pytest.mark.parametrize("kind", [str, Path])
def test_a_key_can_be_a_file(tmp_path: Path, kind: type[str] | type[Path]) -> None:
    """PEM text or the name of a file that holds it."""
    path = tmp_path / "key.pem"
    path.write_text(SIGNER.public_pem)
    key = load_public_key(kind(path))

    assert key.fingerprint == load_public_key(SIGNER.public_pem).fingerprint


@pytest.mark.parametrize(
    "pem",
    [
        EC_PEM,
        SIGNER.public_pem.replace("M", "N"),
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        UNKNOWN_KIND,
        "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
    ],
)
def test_what_is_no_rsa_public_key_is_refused(pem: str) -> None:
    """Without showing it: it may be a private key that was given by mistake."""
    with pytest.raises(ConfigurationError, match="not an RSA public key") as caught:
        load_public_key(pem)

    assert "c2VjcmV0" not in str(caught.value)


def test_a_key_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A slip in the path is told as one."""
    with pytest.raises(ConfigurationError, match="No such file"):
        load_public_key(str(tmp_path / "none.pem"))


def test_a_binary_file_is_no_key(tmp_path: Path) -> None:
    """Any bytes may be in a file."""
    path = tmp_path / "key"
    path.write_bytes(bytes(range(256)))

    with pytest.raises(ConfigurationError, match="not an RSA public key"):
        load_public_key(path)


def test_without_the_extra_the_user_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The package is needed only by those who give a key."""
    monkeypatch.delitem(sys.modules, "elastic_mirror_policy.mirror.checking.rsa", raising=False)
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)

    with pytest.raises(ConfigurationError, match="cryptography") as caught:
        load_public_key(SIGNER.public_pem)
    assert "the extra [signature]" in caught.value.hint


def test_the_fake_server_names_the_extra_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing needs the same package."""
    monkeypatch.setitem(sys.modules, "elastic_mirror_policy.testing._artifacts.signer", None)

    with pytest.raises(ConfigurationError, match="cryptography") as caught:
        FakeArtifactServer.example().sign()
    assert "the extra [signature]" in caught.value.hint
