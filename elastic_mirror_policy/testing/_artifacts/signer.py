"""A throw-away RSA key that signs manifests the way `manifest.sig` is believed to be made.

Imported only when a signature is asked for: `cryptography` is an extra.
"""

import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from elastic_mirror_policy._json import JsonValue


class ThrowAwaySigner:
    """Signs with RSA and SHA-256; the private key never leaves the object."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.public_pem = (
            self._key.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode()
        )

    def sign(self, document: JsonValue) -> bytes:
        """Return the signature of the document's bytes as `manifest_zip` writes them."""
        return self._key.sign(json.dumps(document).encode(), padding.PKCS1v15(), hashes.SHA256())
