"""The Apache httpd configuration of a mirror: one file for `sites-available` (pure).

`FileETag MTime` gives a strong ETag of hex digits that Apache itself recognises, so 304 works.
Two things bring a dash or a `W/` back: mod_deflate adds `-gzip`, and a file that was written in
the same second has a weak ETag. Both are kept away from these paths.
"""

import textwrap

from elastic_mirror_policy.mirror.webservers.site import CIPHERS, HTTP_PORT, HTTPS_PORT, MirrorSite

CACHE_DIR = "/var/cache/apache2/mod_cache_disk"
LOG_DIR = "/var/log/apache2"

_OURS = (
    r"endpoint_version=%{elastic_mirror_version}e cache=\"%{cache-status}e\" "
    r"if_none_match=\"%{If-None-Match}i\""
)


def apache_config(site: MirrorSite) -> str:
    """Return the text of the file; a checked site holds nothing that would need escaping."""
    served = _static(site) if site.mode == "static" else _proxy(site)
    parts = (_names(site), _tls(site), _logs(site), _everywhere(site), served)
    inner = textwrap.indent("\n".join(filter(None, parts)), "    ")
    address = site.listen.address or "*"
    return (
        f"{_about(site)}\n{_loaded(site)}{_listen(site)}"
        f"<VirtualHost {address}:{site.listen.port}>\n{inner}</VirtualHost>\n"
    )


def _about(site: MirrorSite) -> str:
    what = f'serves "{site.root}"' if site.mode == "static" else f"asks {site.upstream}"
    install = (
        "include it in conf/httpd.conf of the official image of Apache httpd"
        if site.contained
        else "save as /etc/apache2/sites-available/elastic-mirror.conf, then\n"
        f"#          a2enmod {' '.join(_modules(site))}\n"
        "#          a2ensite elastic-mirror && apachectl configtest && systemctl restart apache2"
    )
    return f"""\
# Artifact mirror for Elastic Defend, {site.mode} mode: {what}.
# base_url for the policies: {site.base_url}
#
# Install: {install}
# Check:   {site.check_command}
"""


def _modules(site: MirrorSite) -> list[str]:
    modules = {"alias", "allowmethods", "dir", "env", "headers", "setenvif"}
    if site.mode == "proxy":
        modules |= {"cache", "cache_disk", "proxy", "proxy_http"}
    if site.certificate or (site.mode == "proxy" and site.upstream_tls):
        modules.add("ssl")
    return sorted(modules)


def _loaded(site: MirrorSite) -> str:
    """Return what loads the modules that the image has, but does not load by itself."""
    if not site.contained:
        return ""
    return "".join(
        f"<IfModule !{name}_module>\n    LoadModule {name}_module modules/mod_{name}.so\n"
        "</IfModule>\n"
        for name in _modules(site)
    )


def _listen(site: MirrorSite) -> str:
    tokens = "# For the whole server: it cannot be set for one site.\nServerTokens Prod\n\n"
    if site.listen.port in {HTTP_PORT, HTTPS_PORT} and not site.contained:
        # The server's own configuration listens there; a second time would fail.
        return tokens
    host = f"{site.listen.address}:" if site.listen.address else ""
    return f"{tokens}Listen {host}{site.listen.port}\n\n"


def _names(site: MirrorSite) -> str:
    return f'ServerName "{site.server_name}"\nServerSignature Off\nTraceEnable Off\n'


def _tls(site: MirrorSite) -> str:
    if site.certificate is None:
        return ""
    return f"""\
# TLS only: no site for port 80, because endpoints may not follow a redirect.
SSLEngine On
SSLCertificateFile "{site.certificate.cert}"
SSLCertificateKeyFile "{site.certificate.key}"
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite "{CIPHERS}"
SSLHonorCipherOrder Off
SSLSessionTickets Off
"""


def _logs(site: MirrorSite) -> str:
    folder = site.log_dir or LOG_DIR
    return rf"""
# Which endpoint version asked: it is part of the manifest's name.
SetEnvIf Request_URI "/downloads/endpoint/manifest/artifacts-([0-9A-Za-z.+_-]+)\.zip$" \
    elastic_mirror_version=$1
SetEnvIf Request_URI "^/healthz$" elastic_mirror_health
LogFormat "%h %l %u %t \"%r\" %>s %O \"%{{Referer}}i\" \"%{{User-Agent}}i\" {_OURS}" elastic_mirror
CustomLog "{folder}/elastic-mirror.access.log" elastic_mirror env=!elastic_mirror_health
ErrorLog "{folder}/elastic-mirror.error.log"
""".lstrip()


def _everywhere(site: MirrorSite) -> str:
    prefix = site.prefix_regex
    return rf"""
# Nothing but these paths, and no hidden files: records and unfinished files.
RedirectMatch 404 "^(?!{prefix}/downloads/|/healthz$)"
RedirectMatch 404 "/\."

# This server is up; it says nothing about the files or the upstream.
RedirectMatch 200 "^/healthz$"
<Location "/healthz">
    ErrorDocument 200 "ok"
    Header always set Content-Type "text/plain"
</Location>

# Nothing may change the bytes or the ETag, whatever is set for other sites.
<Location "{site.prefix}/downloads/">
    Require all granted
    AllowMethods GET HEAD
    Header always set Allow "GET, HEAD" "expr=%{{REQUEST_STATUS}} == 405"
    SetEnv no-gzip 1
    SetEnv no-brotli 1
</Location>
""".lstrip()


def _static(site: MirrorSite) -> str:
    return f"""\
Alias "{site.prefix}/downloads/" "{site.root}/downloads/"
<Directory "{site.root}/downloads">
    AllowOverride None
    Options FollowSymLinks
    # Folders are neither listed nor redirected to.
    DirectorySlash Off
    SetHandler default-handler
    FileETag MTime
    # A file is replaced as a whole, so its ETag is strong from the first second on.
    Header edit ETag "^W/" ""
</Directory>
"""


def _proxy(site: MirrorSite) -> str:
    downloads = f"{site.prefix}/downloads/"
    return "\n".join((_passed_on(site, downloads) + _upstream_tls(site), _cache(site, downloads)))


def _passed_on(site: MirrorSite, downloads: str) -> str:
    return rf"""
# The upstream's host name goes to the upstream, not the mirror's, and no header of the mirror's.
ProxyRequests Off
ProxyPreserveHost Off
ProxyAddHeaders Off
ProxyPassMatch "/\." "!"
ProxyPass "{downloads}" "{site.upstream}/downloads/" \
    disablereuse=On retry=0 connectiontimeout=5 timeout=60
""".lstrip()


def _cache(site: MirrorSite, downloads: str) -> str:
    return rf"""
# Stale answers: while the upstream is away, endpoints get what was there last and see no error.
# The cache grows until htcacheclean (on Debian: the service apache-htcacheclean) trims it.
CacheQuickHandler Off
CacheRoot "{site.cache_dir or CACHE_DIR}"
CacheEnable disk "{downloads}"
CacheDirLevels 2
CacheDirLength 1
CacheMaxFileSize 4294967296
CacheIgnoreCacheControl On
CacheIgnoreHeaders Set-Cookie
CacheStaleOnError On
CacheHeader On
<Location "{downloads}">
    RequestHeader unset Accept-Encoding
    RequestHeader unset Authorization
    RequestHeader unset Cookie
    Header unset Set-Cookie
    # The upstream's ETag, but without the dash of an upstream that is a plain nginx or Apache.
    Header edit ETag "^\"([0-9a-f]+)-([0-9a-f]+)\"$" "\"$1$2\""
    # How long the cache answers by itself; then it asks with the upstream's ETag.
    Header set Cache-Control "max-age=600"
</Location>
<Location "{downloads}endpoint/manifest/">
    Header set Cache-Control "max-age=60"
</Location>
""".lstrip()


def _upstream_tls(site: MirrorSite) -> str:
    if not site.upstream_tls:
        return ""
    return f"""\
SSLProxyEngine On
SSLProxyProtocol -all +TLSv1.2 +TLSv1.3
SSLProxyVerify require
SSLProxyVerifyDepth 5
SSLProxyCheckPeerName On
SSLProxyCheckPeerExpire On
SSLProxyCACertificateFile "{site.upstream_ca}"
"""
