"""The configuration for a container, in real servers with the layout of the official images.

The main files below are composed after what the images' build files say of them: which modules
are loaded, what stands there already, and where the site is included.
"""

import re
from typing import Final

import pytest
from support.mirrors import HOST, MANIFEST, Certificates, fill
from support.needs import leave_out
from support.probe import Probe
from support.web_servers import APACHE_MODULES, ServerHome, WebServers, binary

from elastic_mirror_policy.mirror.checking.etag import ETagClass, classify
from elastic_mirror_policy.mirror.webservers.container import IMAGES, container_files
from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server
from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

LOADED_BY_HTTPD: Final = (
    *("mpm_event", "authn_file", "authn_core", "authz_host", "authz_groupfile", "authz_user"),
    *("authz_core", "access_compat", "auth_basic", "reqtimeout", "filter", "mime", "log_config"),
    *("env", "headers", "setenvif", "version", "unixd", "status", "autoindex", "dir", "alias"),
)
"""What the image's own httpd.conf loads; everything else that is needed, the site must load."""

BUILT_IN: Final = {"log_config", "unixd", "version"}
"""Of these, what Debian's Apache has built in: a module of that name cannot be loaded there."""

HTTPD_CONF: Final = """\
ServerRoot "{folder}/apache2"
Listen 127.0.0.1:{other}
{modules}
<IfModule unixd_module>
User {user}
Group {user}
</IfModule>
<Directory />
    AllowOverride none
    Require all denied
</Directory>
DirectoryIndex index.html
TypesConfig conf/mime.types
ErrorLog "{folder}/main.error.log"
LogLevel warn
PidFile "{folder}/httpd.pid"
Include conf/elastic-mirror.conf
"""

NGINX_CONF: Final = """\
daemon off;
user {user};
worker_processes auto;
error_log "{folder}/main.error.log" notice;
pid "{folder}/nginx.pid";
events {{ worker_connections 1024; }}
http {{
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status';
    access_log "{folder}/main.access.log" main;
    sendfile on;
    keepalive_timeout 65;
    include "{folder}/conf.d/*.conf";
}}
"""


def moved(text: str, home: ServerHome, certificates: Certificates) -> str:
    """Return a configuration with the paths and the port of the container put below a folder."""
    there = {
        "/srv/mirror": home.root,
        "/var/log/elastic-mirror": home.logs,
        "/var/cache/elastic-mirror": home.cache,
        "/etc/elastic-mirror/tls.crt": certificates.cert,
        "/etc/elastic-mirror/tls.key": certificates.key,
        "/etc/elastic-mirror/upstream-ca.pem": certificates.ca,
        "0.0.0.0:8443": f"127.0.0.1:{home.port}",
        "0.0.0.0:8080": f"127.0.0.1:{home.port}",
    }
    for inside, outside in there.items():
        text = text.replace(inside, str(outside))
    return text


def start_nginx(servers: WebServers, home: ServerHome, site: str) -> None:
    """Run nginx as the image does: a main file of its own, and the site in conf.d."""
    (home.folder / "conf.d").mkdir()
    (home.folder / "conf.d" / "default.conf").write_text(site)
    main = home.folder / "nginx.conf"
    main.write_text(NGINX_CONF.format(folder=home.folder, user="www-data"))
    servers.start([binary("nginx"), "-c", str(main), "-p", str(home.folder)], home)


def start_apache(servers: WebServers, home: ServerHome, site: str) -> None:
    """Run Apache as the image does: few modules, and the site included at the end."""
    root = home.folder / "apache2"
    (root / "conf").mkdir(parents=True)
    (root / "modules").symlink_to(next(path for path in APACHE_MODULES if path.is_dir()))
    (root / "conf" / "elastic-mirror.conf").write_text(site)
    (root / "conf" / "mime.types").write_text("application/zip zip\n")
    loaded = [name for name in LOADED_BY_HTTPD if name not in BUILT_IN]
    modules = "\n".join(f"LoadModule {name}_module modules/mod_{name}.so" for name in loaded)
    main = root / "conf" / "httpd.conf"
    main.write_text(
        HTTPD_CONF.format(
            folder=home.folder, modules=modules, user="www-data", other=servers.home().port
        )
    )
    servers.start([binary("apache"), "-f", str(main), "-D", "FOREGROUND"], home)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("mode", ["static", "proxy"])
@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_the_configuration_serves_in_the_layout_of_the_image(
    servers: WebServers, certificates: Certificates, server: Server, mode: str, *, tls: bool
) -> None:
    """Manifest, 304, health, and a log line: with nothing but what the image has."""
    if not binary(server):
        leave_out(f"{server} is not installed (on Debian: apt install nginx-light apache2)")
    home = servers.home()
    upstream = FakeArtifactServer.example("9.1.3")
    options = SiteOptions(mode="static", server_name=HOST, root="/srv/data")
    if mode == "static":
        fill(home.root, upstream)
    else:
        servers.stack.enter_context(upstream)
        options = SiteOptions(mode="proxy", server_name=HOST, upstream=upstream.url)
    if tls:
        options |= {"tls_cert": "/etc/tls/m.pem", "tls_key": "/etc/tls/m.key"}
    text = moved(container_files(server, "docker", **options).config, home, certificates)
    {"nginx": start_nginx, "apache": start_apache}[server](servers, home, text)
    probe = Probe(home.port, HOST, certificates.context() if tls else None)

    answer = probe.ask(MANIFEST)
    again = probe.ask(MANIFEST, if_none_match=str(answer.etag))

    assert answer.status == 200
    assert again.status == 304
    assert mode == "proxy" or classify(answer.etag) is ETagClass.GOOD
    assert probe.ask("/healthz").body == b"ok" + b"\n" * (server == "nginx")
    assert home.log_lines("endpoint_version=9.1.3")


def test_every_directive_of_nginx_is_one_of_a_module_that_the_image_has() -> None:
    """The image has the nginx of nginx.org, without modules of others."""
    texts = [
        container_files(
            "nginx", "docker", mode="static", server_name=HOST, root="/srv/mirror"
        ).config,
        container_files("nginx", "docker", mode="proxy", server_name=HOST).config,
    ]
    used = {word for text in texts for word in re.findall(r"^ *([a-z_]+)[ \n]", text, re.MULTILINE)}
    core = {"map", "default", "log_format", "server", "listen", "location", "access_log", "root"}

    assert core <= used
    assert not used & {"brotli", "lua_code_cache", "more_set_headers", "js_import", "load_module"}


def test_apache_loads_what_its_image_does_not() -> None:
    """Each module that is needed is either loaded by the image, or by the site itself."""
    text = container_files(
        "apache",
        "docker",
        mode="proxy",
        server_name=HOST,
        tls_cert="/etc/tls/m.pem",
        tls_key="/etc/tls/m.key",
    ).config
    loaded = set(re.findall(r"LoadModule ([a-z_]+)_module", text))

    assert {"allowmethods", "cache", "cache_disk", "proxy", "proxy_http", "ssl"} <= loaded
    assert IMAGES["apache"].arguments[-1] == "Include conf/elastic-mirror.conf"
