"""nginx and Apache httpd as child processes on a free port of 127.0.0.1.

Each gets a folder of its own with a main configuration that includes the text under test, the way
the packages of Debian do it. They run as an ordinary user when the tests are run by root.
"""

import contextlib
import grp
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LIMIT = 30.0
"""Seconds a server may take until it accepts a connection, or until something shows."""

SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
APACHE_MODULES = (Path("/usr/lib/apache2/modules"), Path("/usr/lib64/httpd/modules"))

DEBIAN_MODULES = (
    "access_compat",
    "alias",
    "auth_basic",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_host",
    "authz_user",
    "autoindex",
    "deflate",
    "dir",
    "env",
    "filter",
    "mime",
    "mpm_event",
    "negotiation",
    "reqtimeout",
    "setenvif",
    "status",
)
"""What Debian's apache2 package enables by itself."""

NGINX_MAIN = """\
daemon off;
{user}pid "{folder}/nginx.pid";
error_log "{folder}/main.error.log";
worker_processes 1;
events {{
    worker_connections 128;
}}
http {{
    default_type application/octet-stream;
    access_log "{folder}/main.access.log";
    client_body_temp_path "{folder}/temp-body";
    proxy_temp_path "{folder}/temp-proxy";
    fastcgi_temp_path "{folder}/temp-fastcgi";
    uwsgi_temp_path "{folder}/temp-uwsgi";
    scgi_temp_path "{folder}/temp-scgi";
    {careless}
    include "{folder}/site.conf";
}}
"""

NGINX_CARELESS = """\
gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; gzip_http_version 1.0;
    autoindex on; etag off; open_file_cache max=100; proxy_set_header Host $host;"""
"""What a main configuration may do to every site of the server."""

APACHE_MAIN = """\
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
Mutex "file:{folder}"
ErrorLog "{folder}/main.error.log"
{modules}
TypesConfig "{folder}/mime.types"
{user}
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
{careless}
Include "{folder}/site.conf"
"""

APACHE_CARELESS = """\
SetOutputFilter DEFLATE
<Directory "/tmp">
    Options Indexes FollowSymLinks MultiViews
</Directory>"""


@dataclass(frozen=True, slots=True)
class ServerHome:
    """A folder for one server, readable for the user it runs as, and the port it will have."""

    folder: Path
    port: int

    @property
    def root(self) -> Path:
        """Where files to be served go."""
        return self.folder / "root"

    @property
    def cache(self) -> Path:
        """Where a proxy's cache goes."""
        return self.folder / "cache"

    @property
    def logs(self) -> Path:
        """Where the site's logs go."""
        return self.folder / "logs"

    def log_lines(self, mark: str = "", *, count: int = 1) -> list[str]:
        """Return the lines of the access log that hold `mark`, once there are `count` of them.

        A server may write its line only after the client has the answer, and the lines of two
        connections in any order.
        """
        return eventually(lambda: self._lines(mark), lambda lines: len(lines) >= count)

    def _lines(self, mark: str) -> list[str]:
        log = self.logs / "elastic-mirror.access.log"
        return [line for line in log.read_text().splitlines() if mark in line]

    def errors(self) -> str:
        """Return everything the server complained about."""
        logs = sorted([*self.folder.glob("*.log"), *self.logs.glob("*error.log")])
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in logs)


@dataclass(slots=True)
class WebServers:
    """Starts servers, and ends every one it started."""

    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def home(self) -> ServerHome:
        """Return a new folder and a free port."""
        folder = Path(self.stack.enter_context(_public_folder()))
        home = ServerHome(folder, _free_port())
        for each in (home.root, home.cache, home.logs):
            each.mkdir()
        if _ordinary_user():
            shutil.chown(home.cache, _ordinary_user())
        return home

    def nginx(self, home: ServerHome, site: str, *, careless: bool = False) -> None:
        """Run nginx with this site until the end."""
        user = f"user {_ordinary_user()};\n" if _ordinary_user() else ""
        (home.folder / "site.conf").write_text(site)
        main = home.folder / "nginx.conf"
        main.write_text(
            NGINX_MAIN.format(
                user=user, folder=home.folder, careless=NGINX_CARELESS if careless else ""
            )
        )
        self.start([binary("nginx"), "-c", str(main), "-p", str(home.folder)], home)

    def apache(self, home: ServerHome, site: str, *, careless: bool = False) -> None:
        """Run Apache with this site, and the modules that its comment says to enable."""
        (home.folder / "site.conf").write_text(site)
        (home.folder / "mime.types").write_text("application/zip zip\n")
        user = _ordinary_user() and f"User {_ordinary_user()}\nGroup {_group(_ordinary_user())}"
        main = home.folder / "apache.conf"
        main.write_text(
            APACHE_MAIN.format(
                user=user,
                folder=home.folder,
                modules=_load_modules(site),
                careless=APACHE_CARELESS if careless else "",
            )
        )
        self.start([binary("apache"), "-f", str(main), "-D", "FOREGROUND"], home)

    def run(self, server: str, home: ServerHome, site: str, *, careless: bool = False) -> None:
        """Run the named server with this site until the end."""
        start = {"nginx": self.nginx, "apache": self.apache}[server]
        start(home, site, careless=careless)

    def start(self, command: list[str], home: ServerHome) -> None:
        """Run a server by its command until the end; it starts in the folder of its files."""
        output = self.stack.enter_context((home.folder / "output.log").open("wb"))
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=home.root)
        self.stack.callback(_end, process)
        _wait_until_ready(process, home)


def eventually(look: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """Return what `look` gives once it is `wanted`, or what it gave last when time is up."""
    deadline = time.monotonic() + LIMIT
    pause = threading.Event()
    while not wanted(found := look()) and time.monotonic() < deadline:
        pause.wait(0.02)
    return found


def binary(server: str) -> str:
    """Return the path of the server's program, or an empty string."""
    names = {"nginx": ("nginx",), "apache": ("apache2", "httpd")}[server]
    found = (shutil.which(name, path=SEARCH_PATH) for name in names)
    return next(filter(None, found), "")


def _wait_until_ready(process: subprocess.Popen[bytes], home: ServerHome) -> None:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", home.port), timeout=1).close()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(timeout=0.02)
            raise AssertionError(f"the server ended with {code}\n{home.errors()}")
    raise AssertionError(f"the server did not start\n{home.errors()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


@contextlib.contextmanager
def _public_folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="mirror-server-") as folder:
        Path(folder).chmod(0o755)
        yield folder


def _ordinary_user() -> str:
    """Whom the servers run as when root starts them; nobody else can be chosen."""
    if os.geteuid() != 0:
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("www-data", "apache", "nobody") if name in known)


def _group(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _load_modules(site: str) -> str:
    asked = re.search(r"^# +a2enmod (.*)$", site, re.MULTILINE)
    names = sorted({*DEBIAN_MODULES, *(asked[1].split() if asked else ())})
    folder = next(path for path in APACHE_MODULES if path.is_dir())
    return "\n".join(f'LoadModule {n}_module "{folder}/mod_{n}.so"' for n in names)
