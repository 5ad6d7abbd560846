"""RSA keys and signatures. Imported only when a key is given: `cryptography` is an extra."""

import hashlib

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


class PublicKey:
    """An RSA key that verifies manifests.

    Attributes:
        fingerprint: SHA-256 of the key (SPKI, DER) in hex: what to compare it by.

    Raises:
        ValueError: The bytes are not a public RSA key in PEM.
    """

    def __init__(self, pem: bytes) -> None:
        try:
            key = serialization.load_pem_public_key(pem)
        except UnsupportedAlgorithm as exc:
            raise ValueError("an unknown kind of key") from exc
        if not isinstance(key, rsa.RSAPublicKey):
            raise ValueError("not an RSA key")  # noqa: TRY004 - the value is wrong, not its type
        self._key = key
        self.fingerprint = hashlib.sha256(
            key.public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        ).hexdigest()

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Return whether this key signed the content (RSA PKCS#1 v1.5 with SHA-256)."""
        try:
            self._key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True
