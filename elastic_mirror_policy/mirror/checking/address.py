"""What the base URL and the CA alone say about a mirror."""

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path

from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.findings import Finding
from elastic_mirror_policy.mirror.version import EndpointVersion

_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
"""The object identifier id-ecPublicKey (RFC 5480) in DER."""

_PEM_END = "-----END CERTIFICATE-----"


def address_findings(
    url: str, ca_cert: str | None, versions: tuple[EndpointVersion, ...]
) -> Iterator[Finding]:
    """Yield what is worth knowing before any request."""
    if url.endswith("/"):
        yield Finding.of(FindingCode.TRAILING_SLASH, "")
    if url.casefold().startswith("http:"):
        yield Finding.of(FindingCode.PLAIN_HTTP, "")
    old = [version.text for version in versions if _drops_ec_keys(version)]
    if ca_cert is not None and old and _has_ec_key(Path(ca_cert)):
        yield Finding.of(FindingCode.CA_EC_KEY, "").concerning(*old)


def _drops_ec_keys(version: EndpointVersion) -> bool:
    """Whether elliptic-curve keys in PEM settings are dropped (docs-content 1133)."""
    return version.release < (8, 19, 0) or (9, 0, 0) <= version.release < (9, 1, 0)


def _has_ec_key(path: Path) -> bool:
    text = path.read_text(encoding="ascii", errors="replace") if path.is_file() else ""
    found = False
    for block in text.split(_PEM_END)[:-1]:
        with contextlib.suppress(ValueError):
            pem = block[block.index("-----BEGIN CERTIFICATE-----") :] + _PEM_END
            found |= _EC_PUBLIC_KEY in ssl.PEM_cert_to_DER_cert(pem)
    return found
