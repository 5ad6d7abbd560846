r"""The nginx configuration of a mirror: one file for `/etc/nginx/conf.d/` (pure).

In static mode nginx builds an ETag with a dash, `"<seconds>-<size>"` in hex, which endpoints are
documented to reject (security-docs 2946). The documentation takes the dash out with a map; nginx
then no longer recognises the ETag it gave out and answers every `If-None-Match` with the whole
file. Here a subrequest finds the file's ETag first, so that the question can be decided by the
ETag that endpoints see. That takes documented directives only, and no second server or cache.
"""

import textwrap

from elastic_mirror_policy.mirror.site import CIPHERS, MirrorSite

CACHE_DIR = "/var/cache/elastic-mirror"
LOG_DIR = "/var/log/nginx"


def nginx_config(site: MirrorSite) -> str:
    """Return the text of the file; a checked site holds nothing that would need escaping."""
    if site.mode == "static":
        parts = (_about(site), _COMMON, _STATIC, _server(site, _static(site)))
    else:
        parts = (_about(site), _COMMON, _proxy_http(site), _server(site, _proxy(site)))
    return "\n".join(parts)


def _about(site: MirrorSite) -> str:
    what = f'serves "{site.root}"' if site.mode == "static" else f"asks {site.upstream}"
    return f"""\
# Artifact mirror for Elastic Defend, {site.mode} mode: {what}.
# base_url for the policies: {site.base_url}
#
# Install: save as /etc/nginx/conf.d/elastic-mirror.conf, then
#          nginx -t && systemctl reload nginx
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

_STATIC = r"""
# nginx makes the ETag "<seconds>-<size>"; endpoints get "<seconds><size>".
map $elastic_mirror_own_etag $elastic_mirror_etag {
    default $elastic_mirror_own_etag;
    '~^"(?<elastic_mirror_seconds>[0-9a-f]+)-(?<elastic_mirror_size>[0-9a-f]+)"$'
        '"$elastic_mirror_seconds$elastic_mirror_size"';
}

# Whether If-None-Match names that ETag: alone, as W/"...", in a list, or by *.
map '$elastic_mirror_etag $http_if_none_match' $elastic_mirror_unchanged {
    default 0;
    '~^("[0-9a-f]+") (?:\*|(?:.*,)?[ \t]*(?:W/)?\1[ \t]*(?:,.*)?)$' 1;
}
""".lstrip()


def _proxy_http(site: MirrorSite) -> str:
    return f"""\
# The upstream's ETag, but without the dash of an upstream that is a plain nginx or Apache.
map $upstream_http_etag $elastic_mirror_etag {{
    default $upstream_http_etag;
    '~^"(?<elastic_mirror_seconds>[0-9a-f]+)-(?<elastic_mirror_size>[0-9a-f]+)"$'
        '"$elastic_mirror_seconds$elastic_mirror_size"';
}}

# What nobody asked for in 30 days goes; what is kept can be served while the upstream is away.
proxy_cache_path "{site.cache_dir or CACHE_DIR}" levels=1:2 keys_zone=elastic_mirror:10m
    max_size=20g inactive=30d use_temp_path=off;
"""


def _server(site: MirrorSite, rest: str) -> str:
    parts = [_listen(site), _tls(site), _logs(site), _EVERYWHERE, rest]
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


def _static(site: MirrorSite) -> str:
    return rf"""
root "{site.root}";

# Hidden files: records and unfinished files.
location ~ "/\." {{
    return 404;
}}

# First a look at the file for its ETag, then the answer.
location ~ "^{_regex(site.prefix)}(?<elastic_mirror_file>/downloads/.+)$" {{
    auth_request /.elastic-mirror/etag;
    auth_request_set $elastic_mirror_own_etag $sent_http_etag;
    try_files /.elastic-mirror/none @elastic_mirror_answer;
}}

location = /.elastic-mirror/etag {{
    internal;
    etag on;
    try_files $elastic_mirror_file @elastic_mirror_missing;
}}

location @elastic_mirror_missing {{
    return 204;
}}

location @elastic_mirror_answer {{
    error_page 418 =304 @elastic_mirror_unchanged;
    if ($elastic_mirror_unchanged) {{
        return 418;
    }}
    add_header ETag $elastic_mirror_etag;
    try_files $elastic_mirror_file =404;
}}

# The file's headers with status 304: nginx sends no body then.
location @elastic_mirror_unchanged {{
    add_header ETag $elastic_mirror_etag;
    try_files $elastic_mirror_file =404;
}}
""".lstrip()


def _proxy(site: MirrorSite) -> str:
    prefix = site.prefix
    return rf"""
# The upstream's host name goes to the upstream, not the mirror's; nginx looks its address up
# when it starts: reload it, for example daily, to follow changes in the DNS.
proxy_http_version 1.1;
proxy_set_header Host $proxy_host;
proxy_set_header Connection "";
proxy_set_header Accept-Encoding "";
proxy_set_header Authorization "";
proxy_set_header Cookie "";
proxy_hide_header Set-Cookie;
proxy_connect_timeout 5s;
{_upstream_tls(site)}
# Stale answers: while the upstream is away, endpoints get what was there last and see no error.
# The header X-Cache-Status and the log say STALE then.
proxy_buffering on;
proxy_force_ranges on;
proxy_cache elastic_mirror;
proxy_cache_key "$proxy_host$request_uri";
proxy_cache_lock on;
proxy_cache_revalidate on;
proxy_cache_use_stale
    error timeout invalid_header updating http_429 http_500 http_502 http_503 http_504;
proxy_ignore_headers Cache-Control Expires Set-Cookie X-Accel-Expires;
add_header ETag $elastic_mirror_etag;
add_header X-Cache-Status $upstream_cache_status;

# Hidden files, and folders that nginx would answer with a redirect to the name with a slash.
location ~ "/\." {{
    return 404;
}}
location = "{prefix}/downloads" {{
    return 404;
}}
location = "{prefix}/downloads/endpoint/manifest" {{
    return 404;
}}

location "{prefix}/downloads/" {{
    proxy_pass "{site.upstream}/downloads/";
    proxy_cache_valid 200 10m;
}}

location "{prefix}/downloads/endpoint/manifest/" {{
    proxy_pass "{site.upstream}/downloads/endpoint/manifest/";
    proxy_cache_valid 200 1m;
}}
""".lstrip()


def _upstream_tls(site: MirrorSite) -> str:
    if not site.upstream_tls:
        return ""
    return f"""\
proxy_ssl_server_name on;
proxy_ssl_protocols TLSv1.2 TLSv1.3;
proxy_ssl_verify on;
proxy_ssl_verify_depth 5;
proxy_ssl_trusted_certificate "{site.upstream_ca}";
"""


def _regex(prefix: str) -> str:
    return prefix.replace(".", r"\.")
