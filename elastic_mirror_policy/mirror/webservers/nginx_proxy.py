"""nginx in proxy mode: the upstream's ETag, a cache that asks again, and stale answers (pure)."""

from elastic_mirror_policy.mirror.webservers.site import MirrorSite

CACHE_DIR = "/var/cache/elastic-mirror"

_REQUEST = """
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
""".lstrip()

_CACHE = """
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
""".lstrip()


def http(site: MirrorSite) -> str:
    """Return what stands outside the server block."""
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


def server(site: MirrorSite) -> str:
    """Return what stands inside the server block."""
    return "\n".join((_REQUEST + _upstream_tls(site), _CACHE, _paths(site)))


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


def _paths(site: MirrorSite) -> str:
    prefix = site.prefix
    return rf"""
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
