"""What a web server is to serve: one checked value for both servers (pure)."""

import os
from dataclasses import dataclass, replace
from typing import Literal, Required, TypedDict

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.layout import UPSTREAM
from elastic_mirror_policy.mirror.webservers.site_values import (
    Listen,
    checked_listen,
    checked_path,
    checked_prefix,
    checked_server_name,
    checked_upstream,
    refuse,
)

HTTP_PORT = 80
HTTPS_PORT = 443
UPSTREAM_CA = "/etc/ssl/certs/ca-certificates.crt"
"""The public authorities on Debian and Ubuntu; Red Hat: /etc/pki/tls/certs/ca-bundle.crt."""
CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
"""For TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 brings its own."""

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
        certificate: For TLS; None is plain http.
        root: Folder that holds `downloads/` (static).
        upstream: URL without a trailing slash (proxy).
        upstream_ca: PEM file of the authorities that may vouch for the upstream (proxy).
        cache_dir: Folder of the cache (proxy); empty for the server's usual one.
        log_dir: Folder of the logs; empty for the server's usual one.
        published: The port of the mirror's URL where it is not `listen`: in front of a container.
        contained: Whether the server runs in a container of its official image.
    """

    mode: Mode
    server_name: str
    prefix: str
    listen: Listen
    certificate: ServerCertificate | None
    root: str
    upstream: str
    upstream_ca: str
    cache_dir: str
    log_dir: str
    published: int = 0
    contained: bool = False

    @property
    def base_url(self) -> str:
        """The `base_url` endpoints are to be given."""
        usual = HTTPS_PORT if self.certificate else HTTP_PORT
        number = self.published or self.listen.port
        port = "" if number == usual else f":{number}"
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://{self.server_name}{port}{self.prefix}"

    @property
    def check_command(self) -> str:
        """The command that tells whether the mirror works."""
        return f"elastic-mirror-policy mirror check {self.base_url} --endpoint-version 9.1.3"

    @property
    def prefix_regex(self) -> str:
        """The prefix in a regular expression."""
        return self.prefix.replace(".", r"\.")

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
    _named(options)
    mode = options["mode"]
    if mode not in {"proxy", "static"}:
        refuse("mode", mode, "it is neither 'proxy' nor 'static'")
    _fitting(options)
    certificate = _certificate(options)
    usual = HTTPS_PORT if certificate else HTTP_PORT
    asked = options.get("listen")
    return MirrorSite(
        mode=mode,
        server_name=checked_server_name(options["server_name"]),
        prefix=checked_prefix(options.get("prefix", "")),
        listen=Listen(usual) if asked is None else checked_listen(str(asked)),
        certificate=certificate,
        root=checked_path("root", options.get("root")),
        upstream=checked_upstream(options.get("upstream", UPSTREAM)),
        upstream_ca=checked_path("upstream_ca", options.get("upstream_ca")) or UPSTREAM_CA,
        cache_dir=checked_path("cache_dir", options.get("cache_dir")),
        log_dir=checked_path("log_dir", options.get("log_dir")),
    )


def within_container(outside: MirrorSite, options: SiteOptions) -> MirrorSite:
    """Return the site that a container has to serve, so that from outside it is `outside`.

    Args:
        outside: The site as its users see it.
        options: The same with the paths and the port within the container.
    """
    return replace(mirror_site(options), published=outside.listen.port, contained=True)


def _named(options: SiteOptions) -> None:
    """Check the names, as a signature would: a misspelt `tls_cert` must not mean plain http."""
    for name in sorted(options.keys() - SiteOptions.__annotations__.keys()):
        raise ConfigurationError(f"{name} is not an option of the configuration.")
    for name in sorted(SiteOptions.__required_keys__ - options.keys()):
        raise ConfigurationError(f"{name} is missing.")


def _fitting(options: SiteOptions) -> None:
    static = options["mode"] == "static"
    if static and options.get("root") is None:
        raise ConfigurationError(
            "root is missing: static mode serves a folder.",
            hint="Give the folder that `mirror sync` fills.",
        )
    names = (
        _given(options, "upstream", "upstream_ca", "cache_dir")
        if static
        else _given(options, "root")
    )
    if names:
        raise ConfigurationError(
            f"{names[0]} has no effect in {options['mode']} mode.",
            hint="Leave it out, or choose the other mode.",
        )


def _given(options: SiteOptions, *names: str) -> list[str]:
    usual = {None, UPSTREAM}
    return [name for name in names if options.get(name) not in usual]


def _certificate(options: SiteOptions) -> ServerCertificate | None:
    cert = checked_path("tls_cert", options.get("tls_cert"))
    key = checked_path("tls_key", options.get("tls_key"))
    if bool(cert) != bool(key):
        raise ConfigurationError(
            f"{'tls_key' if cert else 'tls_cert'} is missing: TLS needs a certificate and its key.",
            hint="Give both, or neither for plain http.",
        )
    return ServerCertificate(cert, key) if cert else None
