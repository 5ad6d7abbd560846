"""Which endpoints drop an authority with an elliptic-curve key, told from URL, file and version."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from elastic_mirror_policy.mirror.checking.address import address_findings
from elastic_mirror_policy.mirror.codes import FindingCode
from elastic_mirror_policy.mirror.version import parse_versions

MOMENT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def certificate(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    """Return a certificate with this key, in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Synthetic authority")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(MOMENT)
        .not_valid_after(MOMENT + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def curve() -> bytes:
    """A certificate with an elliptic-curve key."""
    return certificate(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture(scope="module")
def plain() -> bytes:
    """A certificate with an RSA key."""
    return certificate(rsa.generate_private_key(65537, 2048))


def concerned(ca_cert: Path, *versions: str) -> tuple[str, ...]:
    """Return the versions that drop the authority's certificate."""
    found = address_findings("https://mirror.test", str(ca_cert), parse_versions(versions))
    return tuple(v for one in found if one.code is FindingCode.CA_EC_KEY for v in one.versions)


@pytest.mark.parametrize(
    ("version", "drops"),
    [
        ("8.0.0", True),
        ("8.18.99", True),
        ("8.19.0", False),
        ("8.19.7", False),
        ("9.0.0", True),
        ("9.0.8", True),
        ("9.1.0", False),
        ("9.4.2", False),
    ],
)
def test_the_versions_that_drop_such_keys_are_known(
    tmp_path: Path, curve: bytes, version: str, *, drops: bool
) -> None:
    """Up to 8.18, and 9.0 (docs-content 1133)."""
    path = tmp_path / "ca.pem"
    path.write_bytes(curve)

    assert concerned(path, version) == ((version,) if drops else ())


def test_one_such_key_in_a_bundle_is_enough(tmp_path: Path, curve: bytes, plain: bytes) -> None:
    """Wherever it stands, whatever stands around it."""
    path = tmp_path / "ca.pem"
    junk = b"# an authority\n-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n"

    found = []
    for content in (plain + curve, curve + plain, junk + curve, curve + junk, plain, junk, b""):
        path.write_bytes(content)
        found.append(bool(concerned(path, "9.0.1", "9.3.0")))

    assert found == [True, True, True, True, False, False, False]


def test_without_an_authority_there_is_nothing_to_drop() -> None:
    """The system's own are not looked at."""
    assert list(address_findings("https://mirror.test", None, parse_versions(["9.0.1"]))) == []


@pytest.mark.parametrize(
    ("url", "codes"),
    [
        ("https://mirror.test", []),
        ("https://mirror.test/", [FindingCode.TRAILING_SLASH]),
        ("HTTP://mirror.test", [FindingCode.PLAIN_HTTP]),
        ("http://mirror.test/", [FindingCode.TRAILING_SLASH, FindingCode.PLAIN_HTTP]),
    ],
)
def test_the_url_alone_says_something(url: str, codes: list[FindingCode]) -> None:
    """About the mirror as a whole: no path, and every version."""
    found = list(address_findings(url, None, parse_versions(["9.4.2"])))

    assert [one.code for one in found] == codes
    assert {(one.path, one.versions) for one in found} <= {("", ())}
