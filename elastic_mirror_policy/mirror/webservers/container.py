"""A mirror in a container: the configuration for an official image, and what runs it (pure).

The layouts of the images were read in their build files: `nginx` has nginx of nginx.org with its
own main file, a site in `/etc/nginx/conf.d/default.conf`, user 101, curl, and its own log files
linked to the container's output; `httpd` has Apache below `/usr/local/apache2` with few of its
modules loaded by `conf/httpd.conf`, and takes more directives by `-c`. Nothing is run here: which
engine and which registry an operator has is unknown.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Unpack, cast

from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.webservers.apache import apache_config
from elastic_mirror_policy.mirror.webservers.nginx import nginx_config
from elastic_mirror_policy.mirror.webservers.site import (
    MirrorSite,
    SiteOptions,
    mirror_site,
    within_container,
)
from elastic_mirror_policy.mirror.webservers.webserver import Server

Engine = Literal["docker", "podman", "compose"]
ENGINES: Final[tuple[Engine, ...]] = ("docker", "podman", "compose")

CONFIG_NAME: Final = "elastic-mirror.conf"
COMPOSE_NAME: Final = "compose.yaml"
HTTP, HTTPS = 8080, 8443
"""Ports within the container, which no user needs a right to open."""

ROOT: Final = "/srv/mirror"
LOGS: Final = "/var/log/elastic-mirror"
CACHE: Final = "/var/cache/elastic-mirror"
CERT: Final = "/etc/elastic-mirror/tls.crt"
KEY: Final = "/etc/elastic-mirror/tls.key"
UPSTREAM_CA: Final = "/etc/elastic-mirror/upstream-ca.pem"


@dataclass(frozen=True, slots=True)
class Image:
    """What is known of an official image.

    Attributes:
        name: Its full name.
        user: Number of the ordinary user in it that serves.
        config: Where the configuration is mounted.
        writable: Folders that its server writes to; in memory.
        arguments: What the container runs; the image's own command when empty.
        health: A command in the image that asks for a URL, before the URL.
    """

    name: str
    user: int
    config: str
    writable: tuple[str, ...]
    arguments: tuple[str, ...]
    health: str


IMAGES: Final[dict[Server, Image]] = {
    "nginx": Image(
        name="docker.io/library/nginx:stable",
        user=101,
        config="/etc/nginx/conf.d/default.conf",
        writable=("/var/cache/nginx", "/run"),
        arguments=(),
        health="curl --fail --silent --insecure --output /dev/null",
    ),
    "apache": Image(
        name="docker.io/library/httpd:2.4-alpine",
        user=82,
        config=f"/usr/local/apache2/conf/{CONFIG_NAME}",
        writable=("/usr/local/apache2/logs",),
        arguments=("httpd-foreground", "-c", f"Include conf/{CONFIG_NAME}"),
        health="wget -q --no-check-certificate -O /dev/null",
    ),
}


@dataclass(frozen=True, slots=True)
class ContainerFiles:
    """What runs a mirror in a container.

    Attributes:
        config: The web server's configuration, to be saved as `elastic-mirror.conf`.
        launch: The command for a shell, or the compose file, to be used in the same folder.
        launch_name: The name of the file for it: `run.sh` or `compose.yaml`.
    """

    config: str
    launch: str
    launch_name: str

    @property
    def text(self) -> str:
        """Both files, one after the other, each below a line with its name."""
        return f"# ===== {CONFIG_NAME}\n{self.config}\n# ===== {self.launch_name}\n{self.launch}"


def container_files(
    server: Server, engine: Engine, **options: Unpack[SiteOptions]
) -> ContainerFiles:
    """Return the configuration of a mirror for a container, and what runs it.

    Args:
        server: `nginx` or `apache`; the official image of each is used.
        engine: `docker`, `podman` or `compose`.
        **options: As for `webserver_config`; paths are those of the host.

    Raises:
        ConfigurationError: As `webserver_config`, or the engine is not known.
    """
    if server not in IMAGES or engine not in ENGINES:
        raise ConfigurationError(
            f"{str(engine)[:80]!r} for {str(server)[:80]!r} is not known.",
            hint=f"Choose nginx or apache, and one of {', '.join(ENGINES)}.",
        )
    outside = mirror_site(options)
    inside = within_container(outside, _inside(outside, options))
    write = {"nginx": nginx_config, "apache": apache_config}[server]
    run = _Run(IMAGES[server], outside, inside, options)
    if engine == "compose":
        return ContainerFiles(write(inside), _compose(run), COMPOSE_NAME)
    return ContainerFiles(write(inside), _command(run, engine), "run.sh")


def _inside(outside: MirrorSite, options: SiteOptions) -> SiteOptions:
    found: dict[str, object] = {**options, "log_dir": LOGS}
    # A container need not have IPv6, and nginx ends where it cannot listen.
    found["listen"] = f"0.0.0.0:{HTTPS if outside.certificate else HTTP}"
    if outside.certificate:
        found |= {"tls_cert": CERT, "tls_key": KEY}
    if outside.mode == "static":
        found["root"] = ROOT
    else:
        found["cache_dir"] = CACHE
    if options.get("upstream_ca"):
        found["upstream_ca"] = UPSTREAM_CA
    return cast("SiteOptions", found)


@dataclass(frozen=True, slots=True)
class _Run:
    """Everything that a command or a compose file is made of."""

    image: Image
    outside: MirrorSite
    inside: MirrorSite
    options: SiteOptions

    @property
    def port(self) -> str:
        listen = self.outside.listen
        host = f"{listen.address}:" if listen.address else ""
        return f"{host}{listen.port}:{self.inside.listen.port}"

    @property
    def volumes(self) -> tuple[tuple[str, str, bool], ...]:
        """Each folder or file of the host, where it is in the container, and if it may change."""
        logs = self.outside.log_dir or LOGS
        found = [(f"./{CONFIG_NAME}", self.image.config, False), (logs, LOGS, True)]
        if self.outside.root:
            found.append((self.outside.root, ROOT, False))
        else:
            found.append((self.outside.cache_dir or CACHE, CACHE, True))
        if self.outside.certificate:
            found.append((self.outside.certificate.cert, CERT, False))
            found.append((self.outside.certificate.key, KEY, False))
        if self.options.get("upstream_ca"):
            found.append((self.outside.upstream_ca, UPSTREAM_CA, False))
        return tuple(found)

    @property
    def health(self) -> str:
        scheme = "https" if self.inside.certificate else "http"
        return f"{self.image.health} {scheme}://127.0.0.1:{self.inside.listen.port}/healthz"

    @property
    def remarks(self) -> tuple[str, ...]:
        written = [host for host, _, changes in self.volumes if changes]
        return (
            f"The server runs as user {self.image.user}; it must be able to read what is mounted,",
            f"the key too, and to write to {', '.join(written)}.",
            f"base_url for the policies: {self.outside.base_url}",
            f"Check: {self.outside.check_command}",
        )


def _command(run: _Run, engine: Engine) -> str:
    label = ",z" if engine == "podman" else ""
    lines = [
        f"{engine} run --detach --name elastic-mirror --restart unless-stopped",
        f"--user {run.image.user}:{run.image.user} --read-only",
        "--cap-drop ALL --security-opt no-new-privileges",
        "--sysctl net.ipv4.ip_unprivileged_port_start=0",
        *(f"--tmpfs {folder}:mode=1777" for folder in run.image.writable),
        f"--publish {shlex.quote(run.port)}",
        *(_volume(*volume, label) for volume in run.volumes),
        f"--health-cmd {shlex.quote(run.health)}",
        "--health-interval 30s --health-timeout 5s --health-retries 3",
        " ".join((run.image.name, *map(shlex.quote, run.image.arguments))),
    ]
    remarks = "".join(f"# {remark}\n" for remark in run.remarks)
    return remarks + " \\\n  ".join(lines) + "\n"


def _volume(host: str, inside: str, changes: bool, label: str) -> str:  # noqa: FBT001 - a row
    rights = f"{'rw' if changes else 'ro'}{label}"
    shown = f'"$PWD"/{host[2:]}' if host.startswith("./") else shlex.quote(host)
    return f"--volume {shown}:{inside}:{rights}"


def _compose(run: _Run) -> str:
    """Return a compose file; every text is a JSON text, which YAML reads as it is."""
    rows = [
        *(f"# {remark}" for remark in run.remarks),
        "services:",
        "  elastic-mirror:",
        f"    image: {_quoted(run.image.name)}",
        "    restart: unless-stopped",
        f"    user: {_quoted(f'{run.image.user}:{run.image.user}')}",
        "    read_only: true",
        *_list("cap_drop", ["ALL"]),
        *_list("security_opt", ["no-new-privileges:true"]),
        "    sysctls:",
        "      net.ipv4.ip_unprivileged_port_start: 0",
        *_list("tmpfs", [f"{folder}:mode=1777" for folder in run.image.writable]),
        *_list("ports", [run.port]),
        "    volumes:",
        *(row for volume in run.volumes for row in _mount(*volume)),
        "    healthcheck:",
        f"      test: [{_quoted('CMD-SHELL')}, {_quoted(run.health)}]",
        "      interval: 30s",
        "      timeout: 5s",
        "      retries: 3",
    ]
    if run.image.arguments:
        rows.append(f"    command: [{', '.join(map(_quoted, run.image.arguments))}]")
    return "\n".join(rows) + "\n"


def _mount(host: str, inside: str, changes: bool) -> list[str]:  # noqa: FBT001 - a row
    return [
        "      - type: bind",
        f"        source: {_quoted(host)}",
        f"        target: {_quoted(inside)}",
        f"        read_only: {str(not changes).lower()}",
    ]


def _list(name: str, values: Sequence[str]) -> list[str]:
    return [f"    {name}:", *(f"      - {_quoted(value)}" for value in values)]


def _quoted(text: str) -> str:
    # A dollar sign would be a variable of compose.
    return json.dumps(text.replace("$", "$$"))
