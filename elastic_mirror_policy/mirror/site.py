"""What a web server is to serve, checked so that no value can become a directive (pure).

A value ends up between double quotes in a configuration that is read by root. So every value is
held to a list of allowed characters: what nginx or Apache could take for more than text (quotes,
braces, semicolons, `$`, backslashes, control characters) is refused, not escaped.
"""

import ipaddress
import os
import re
import urllib.parse
from dataclasses import dataclass
from typing import Literal, NoReturn, Required, TypedDict

from elastic_mirror_policy._url import check_base_url
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.layout import UPSTREAM

HTTP_PORT = 80
HTTPS_PORT = 443
MAX_PORT = 65535
IPV6 = 6
UPSTREAM_CA = "/etc/ssl/certs/ca-certificates.crt"
"""The public authorities on Debian and Ubuntu; Red Hat: /etc/pki/tls/certs/ca-bundle.crt."""
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 brings its own."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
_PATH = re.compile(r"(?:/[\w .,:@+=~-]*)+\Z")
_STEPS = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*\Z")
_AUTHORITY = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")

Mode = Literal["proxy", "static"]


class SiteOptions(TypedDict, total=False):
    """The options of `webserver_config`, named as there."""

    mode: Required[Mode]
    server_name: Required[str]
    root: str | os.PathLike[str] | None
    tls_cert: str | os.PathLike[str] | None
    tls_key: str | os.PathLike[str] | None
    upstream: str
    upstream_ca: str | os.PathLike[str] | None
    listen: str | int | None
    prefix: str
    cache_dir: str | os.PathLike[str] | None
    log_dir: str | os.PathLike[str] | None


@dataclass(frozen=True, slots=True)
class Listen:
    """A port, on one address or (when it is empty) on every address."""

    port: int
    address: str = ""


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Absolute paths of the PEM files on the web server's host."""

    cert: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSite:
    """One checked site; every text in it may stand between double quotes in either server's file.

    Attributes:
        mode: `static` serves a tree that `mirror sync` fills, `proxy` asks the upstream.
        server_name: The name in the mirror's URL.
        prefix: Path of the mirror's URL, empty or with a leading and no trailing slash.
        listen: Where to listen.
        own_port: Whether `listen` was asked for, and is not the usual 80 or 443.
        certificate: For TLS; None is plain http.
        root: Folder that holds `downloads/` (static).
        upstream: URL without a trailing slash (proxy).
        upstream_ca: PEM file of the authorities that may vouch for the upstream (proxy).
        cache_dir: Folder of the cache (proxy); empty for the server's usual one.
        log_dir: Folder of the logs; empty for the server's usual one.
    """

    mode: Mode
    server_name: str
    prefix: str
    listen: Listen
    own_port: bool
    certificate: ServerCertificate | None
    root: str
    upstream: str
    upstream_ca: str
    cache_dir: str
    log_dir: str

    @property
    def base_url(self) -> str:
        """The `base_url` endpoints are to be given."""
        usual = HTTPS_PORT if self.certificate else HTTP_PORT
        port = "" if self.listen.port == usual else f":{self.listen.port}"
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{self.server_name}{port}{self.prefix}"

    @property
    def check_command(self) -> str:
        """The command that tells whether the mirror works."""
        return f"elastic-mirror-policy mirror check {self.base_url} --endpoint-version 9.1.3"

    @property
    def upstream_tls(self) -> bool:
        """Whether the upstream is asked over TLS."""
        return self.upstream.startswith("https:")


def mirror_site(options: SiteOptions) -> MirrorSite:
    """Return the site for `options`.

    Raises:
        ConfigurationError: An option is missing, contradicts another, or has a character that a
            configuration file could take for more than text; the message names the option.
    """
    mode = options["mode"]
    if mode not in {"proxy", "static"}:
        _refuse("mode", mode, "it is neither 'proxy' nor 'static'")
    _fitting(options)
    certificate = _certificate(options)
    listen = options.get("listen")
    usual = HTTPS_PORT if certificate else HTTP_PORT
    return MirrorSite(
        mode=mode,
        server_name=_server_name(options["server_name"]),
        prefix=_prefix(options.get("prefix", "")),
        listen=Listen(usual) if listen is None else _listen(str(listen)),
        own_port=listen is not None,
        certificate=certificate,
        root=_path("root", options.get("root")),
        upstream=_upstream(options.get("upstream", UPSTREAM)),
        upstream_ca=_path("upstream_ca", options.get("upstream_ca")) or UPSTREAM_CA,
        cache_dir=_path("cache_dir", options.get("cache_dir")),
        log_dir=_path("log_dir", options.get("log_dir")),
    )


def _fitting(options: SiteOptions) -> None:
    if options["mode"] == "static":
        if options.get("root") is None:
            raise ConfigurationError(
                "root is missing: static mode serves a folder.",
                hint="Give the folder that `mirror sync` fills.",
            )
        extra = options.get("upstream", UPSTREAM) != UPSTREAM
        given = [name for name in ("upstream_ca", "cache_dir") if options.get(name) is not None]
        names = ["upstream"] * extra + given
    else:
        names = ["root"] if options.get("root") is not None else []
    if names:
        raise ConfigurationError(
            f"{names[0]} has no effect in {options['mode']} mode.",
            hint="Leave it out, or choose the other mode.",
        )


def _certificate(options: SiteOptions) -> ServerCertificate | None:
    cert = _path("tls_cert", options.get("tls_cert"))
    key = _path("tls_key", options.get("tls_key"))
    if bool(cert) != bool(key):
        raise ConfigurationError(
            f"{'tls_key' if cert else 'tls_cert'} is missing: TLS needs a certificate and its key.",
            hint="Give both, or neither for plain http.",
        )
    return ServerCertificate(cert, key) if cert else None


def _server_name(value: str) -> str:
    if not _NAME.match(value):
        _refuse("server_name", value, "it is not a host name or an IPv4 address")
    return value


def _prefix(value: str) -> str:
    text = value.rstrip("/")
    if not _STEPS.match(text):
        _refuse("prefix", value, "it is not a path such as /mirror, of letters, digits and ._~-")
    return text


def _listen(value: str) -> Listen:
    address, _, port = value.rpartition(":")
    if not _PORT.match(port) or int(port) > MAX_PORT or not _is_address(address):
        _refuse("listen", value, "it is neither a port nor an address:port")
    return Listen(int(port), "" if address == "*" else address)


def _is_address(text: str) -> bool:
    if text in {"", "*"}:
        return True
    try:
        found = ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    plain = f"[{found}]" if found.version == IPV6 else str(found)
    return text == plain and "%" not in plain


def _upstream(value: str) -> str:
    url = check_base_url(value, what="upstream")
    parts = urllib.parse.urlsplit(url)
    if not _AUTHORITY.match(parts.netloc) or not _STEPS.match(parts.path):
        _refuse(
            "upstream", value, "it has a character that is not a letter, a digit or one of ._~-"
        )
    return url


def _path(name: str, value: str | os.PathLike[str] | None) -> str:
    if value is None:
        return ""
    text = os.fspath(value).rstrip("/")
    if not _PATH.match(text):
        _refuse(
            name,
            os.fspath(value),
            "it is not an absolute path of letters, digits, spaces and .,:@+=~_-",
        )
    return text


def _refuse(name: str, value: str, why: str) -> NoReturn:
    raise ConfigurationError(f"{name} {value[:80]!r} cannot be used: {why}.")
