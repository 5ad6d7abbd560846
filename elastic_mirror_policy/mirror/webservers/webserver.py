"""The configuration of a web server that serves a mirror: nginx or Apache httpd (pure).

Both are held to the same rules, which the tests check with the real servers: a strong ETag
without a dash, 304 for it, no compression, nothing but `GET` and `HEAD` below `/downloads/`, no
redirect, no directory listing, no hidden file, and a log that tells which endpoint version asked.
"""

from typing import Literal, Unpack

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.webservers.apache import apache_config
from elastic_mirror_policy.mirror.webservers.nginx import nginx_config
from elastic_mirror_policy.mirror.webservers.site import SiteOptions, mirror_site

Server = Literal["nginx", "apache"]

_WRITERS = {"nginx": nginx_config, "apache": apache_config}


def webserver_config(server: Server, **options: Unpack[SiteOptions]) -> str:
    """Return the text of a configuration file that serves a mirror.

    Args:
        server: `nginx` (a file for conf.d) or `apache` (a file for sites-available).
        **options: What to serve:

            - `mode`: `static` serves the tree that `mirror sync` fills; `proxy` asks the upstream
              and keeps a cache.
            - `server_name`: the host name in the mirror's URL.
            - `root`: the folder that holds `downloads/`; static mode needs it.
            - `tls_cert`, `tls_key`: PEM files on the web server's host; without them plain http.
            - `upstream`: URL that proxy mode asks; Elastic's own server unless given.
            - `upstream_ca`: PEM file of the authorities trusted for the upstream; Debian's bundle
              of public authorities unless given.
            - `listen`: a port or address:port in place of 443 (with TLS) or 80.
            - `prefix`: the path of the mirror's URL, such as `/mirror`.
            - `cache_dir`, `log_dir`: in place of the server's usual folders.

    Raises:
        ConfigurationError: An option is missing, contradicts another, or could be read as more
            than text in the file; the message names it.
    """
    if server not in _WRITERS:
        raise ConfigurationError(
            f"server {server[:80]!r} is neither 'nginx' nor 'apache'.",
            hint="For another server, docs/how-to/serve-the-mirror.md lists what endpoints need.",
        )
    return _WRITERS[server](mirror_site(options))
