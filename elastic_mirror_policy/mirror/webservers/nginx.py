"""The nginx configuration of a mirror: one file for `/etc/nginx/conf.d/` (pure)."""

import textwrap

from elastic_mirror_policy.mirror.webservers import nginx_proxy as _nginx_proxy
from elastic_mirror_policy.mirror.webservers import nginx_static as _nginx_static
from elastic_mirror_policy.mirror.webservers.site import CIPHERS, MirrorSite

LOG_DIR = "/var/log/nginx"


def nginx_config(site: MirrorSite) -> str:
    """Return the text of the file; a checked site holds nothing that would need escaping."""
    if site.mode == "static":
        outside, inside = _nginx_static.MAPS, _nginx_static.server(site)
    else:
        outside, inside = _nginx_proxy.http(site), _nginx_proxy.server(site)
    return "\n".join((_about(site), _COMMON, outside, _server(site, inside)))


def _about(site: MirrorSite) -> str:
    what = f'serves "{site.root}"' if site.mode == "static" else f"asks {site.upstream}"
    install = (
        "mount as /etc/nginx/conf.d/default.conf in the official image of nginx"
        if site.contained
        else "save as /etc/nginx/conf.d/elastic-mirror.conf, then\n"
        "#          nginx -t && systemctl reload nginx"
    )
    return f"""\
# Artifact mirror for Elastic Defend, {site.mode} mode: {what}.
# base_url for the policies: {site.base_url}
#
# Install: {install}
# Check:   {site.check_command}
#
# Use one such file per nginx: the names of its log format, variables and cache are fixed.
"""


_COMMON = r"""
# Which endpoint version asked: it is part of the manifest's name.
map $uri $elastic_mirror_version {
    default "-";
    "~/downloads/endpoint/manifest/artifacts-(?<elastic_mirror_asked>[0-9A-Za-z.+_-]+)\.zip$"
        $elastic_mirror_asked;
}

log_format elastic_mirror
    '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" endpoint_version=$elastic_mirror_version '
    'cache="$upstream_cache_status" if_none_match="$http_if_none_match"';

map $status $elastic_mirror_allow {
    default "";
    405 "GET, HEAD";
}
""".lstrip()


def _server(site: MirrorSite, inside: str) -> str:
    parts = [_listen(site), _tls(site), _logs(site), _EVERYWHERE, inside]
    return "server {\n" + textwrap.indent("\n".join(filter(None, parts)), "    ") + "}\n"


def _listen(site: MirrorSite) -> str:
    port, address = site.listen.port, site.listen.address
    end = " ssl;" if site.certificate else ";"
    hosts = [f"{address}:{port}"] if address else [str(port), f"[::]:{port}"]
    listen = "".join(f"listen {host}{end}\n" for host in hosts)
    return f'{listen}server_name "{site.server_name}";\nserver_tokens off;\n'


def _tls(site: MirrorSite) -> str:
    if site.certificate is None:
        return ""
    return f"""\
# TLS only: no server for port 80, because endpoints may not follow a redirect.
ssl_certificate "{site.certificate.cert}";
ssl_certificate_key "{site.certificate.key}";
ssl_protocols TLSv1.2 TLSv1.3;
ssl_ciphers "{CIPHERS}";
ssl_prefer_server_ciphers off;
ssl_session_cache shared:elastic_mirror_tls:5m;
ssl_session_timeout 1d;
ssl_session_tickets off;
"""


def _logs(site: MirrorSite) -> str:
    folder = site.log_dir or LOG_DIR
    return f"""\
access_log "{folder}/elastic-mirror.access.log" elastic_mirror;
error_log "{folder}/elastic-mirror.error.log";
"""


_EVERYWHERE = """\
# Nothing may change the bytes or the ETag, whatever nginx.conf says for other sites.
gzip off;
open_file_cache off;

add_header Allow $elastic_mirror_allow always;
if ($request_method !~ "^(?:GET|HEAD)$") {
    return 405;
}

location / {
    return 404;
}

# This nginx is up; it says nothing about the files or the upstream.
location = /healthz {
    access_log off;
    default_type text/plain;
    return 200 "ok\\n";
}
"""
