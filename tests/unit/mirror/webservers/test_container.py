"""A mirror in a container: what is mounted, who serves, and how its health is asked."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.site_options import PROXY, SERVERS, STATIC, TLS, with_option

from elastic_mirror_policy._cli import run
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.mirror.webservers.container import ENGINES, Engine, container_files
from elastic_mirror_policy.mirror.webservers.site import SiteOptions
from elastic_mirror_policy.mirror.webservers.webserver import Server

CONFIG = ("mirror", "config")
SITE = ("--root", "/srv/mirror", "--server-name", "mirror.test")
IMAGES = {"nginx": "docker.io/library/nginx:stable", "apache": "docker.io/library/httpd:2.4-alpine"}
CONFIGS = {
    "nginx": "/etc/nginx/conf.d/default.conf",
    "apache": "/usr/local/apache2/conf/elastic-mirror.conf",
}


def words(server: Server, engine: Engine, options: SiteOptions) -> list[str]:
    """Return the command as a shell splits it, without its remarks."""
    launch = container_files(server, engine, **options).launch
    return shlex.split(launch.replace("\\\n", " "), comments=True)


def values(command: list[str], option: str) -> list[str]:
    """Return the values of an option that may be given several times."""
    return [command[at + 1] for at, word in enumerate(command) if word == option]


def service(server: Server, options: SiteOptions) -> dict[str, Any]:
    """Return the one service of a compose file."""
    launch = container_files(server, "compose", **options).launch
    found: dict[str, Any] = yaml.safe_load(launch)["services"]["elastic-mirror"]
    return found


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_command_runs_the_official_image_without_rights(server: Server, engine: Engine) -> None:
    """An ordinary user, a file system that cannot be written, no capability, and a restart."""
    command = words(server, engine, TLS)

    assert command[:3] == [engine, "run", "--detach"]
    assert IMAGES[server] in command
    assert values(command, "--user") == [{"nginx": "101:101", "apache": "82:82"}[server]]
    assert "--read-only" in command
    assert values(command, "--cap-drop") == ["ALL"]
    assert values(command, "--restart") == ["unless-stopped"]
    assert values(command, "--publish") == ["443:8443"]
    assert values(command, "--health-cmd")[0].endswith("https://127.0.0.1:8443/healthz")


@pytest.mark.parametrize("server", SERVERS)
def test_only_the_logs_can_be_written_by_a_mirror_of_files(server: Server) -> None:
    """Configuration, tree, certificate and key are read-only."""
    mounts = dict(
        volume.split(":", 1) for volume in values(words(server, "docker", TLS), "--volume")
    )

    assert mounts == {
        "$PWD/elastic-mirror.conf": f"{CONFIGS[server]}:ro",
        "/var/log/elastic-mirror": "/var/log/elastic-mirror:rw",
        "/srv/mirror": "/srv/mirror:ro",
        "/etc/tls/mirror.pem": "/etc/elastic-mirror/tls.crt:ro",
        "/etc/tls/mirror.key": "/etc/elastic-mirror/tls.key:ro",
    }


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("options", [STATIC, TLS, PROXY])
def test_a_compose_file_says_the_same_as_the_command(server: Server, options: SiteOptions) -> None:
    """There are not two truths about the same container."""
    command, found = words(server, "docker", options), service(server, options)
    mounts = [
        f"{m['source']}:{m['target']}:{'ro' if m['read_only'] else 'rw'}" for m in found["volumes"]
    ]

    assert found["image"] in command
    assert [found["user"]] == values(command, "--user")
    assert found["ports"] == values(command, "--publish")
    assert found["tmpfs"] == values(command, "--tmpfs")
    assert mounts == [v.replace("$PWD/", "./") for v in values(command, "--volume")]
    assert found["healthcheck"]["test"][1:] == values(command, "--health-cmd")
    assert found.get("command", []) == command[command.index(found["image"]) + 1 :]
    assert (found["read_only"], found["restart"]) == (True, "unless-stopped")


def test_a_proxy_keeps_its_cache_outside(tmp_path: Path) -> None:
    """The authorities of the upstream are mounted when they were given."""
    options = with_option(PROXY, "upstream_ca", "/etc/ca.pem")
    options = with_option(options, "cache_dir", str(tmp_path))
    mounts = values(words("nginx", "docker", options), "--volume")

    assert f"{tmp_path}:/var/cache/elastic-mirror:rw" in mounts
    assert "/etc/ca.pem:/etc/elastic-mirror/upstream-ca.pem:ro" in mounts


def test_podman_labels_what_it_mounts() -> None:
    """SELinux keeps containers from files of the host that have no such label."""
    assert all(
        volume.endswith((":ro,z", ":rw,z"))
        for volume in values(words("nginx", "podman", TLS), "--volume")
    )


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("listen", "published", "url"),
    [
        (None, "80:8080", "http://mirror.test"),
        ("8443", "8443:8080", "http://mirror.test:8443"),
        ("10.0.0.1:80", "10.0.0.1:80:8080", "http://mirror.test"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80:8080", "http://mirror.test"),
    ],
)
def test_the_base_url_is_the_one_of_the_host(
    server: Server, listen: str | None, published: str, url: str
) -> None:
    """Endpoints do not see the port within the container."""
    options = with_option(STATIC, "listen", listen)
    files = container_files(server, "docker", **options)

    assert values(words(server, "docker", options), "--publish") == [published]
    assert f"base_url for the policies: {url}\n" in files.config
    assert f"base_url for the policies: {url}\n" in files.launch


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_paths_with_blanks_are_one_word(server: Server, engine: Engine) -> None:
    """A folder of the host may have any name that a configuration may hold."""
    options = with_option(STATIC, "root", "/srv/the mirror, new")
    launch = container_files(server, engine, **options).launch

    assert "/srv/the mirror, new" in launch
    if engine != "compose":
        mounts = values(words(server, engine, options), "--volume")
        assert any(mount.startswith("/srv/the mirror, new:") for mount in mounts)


@pytest.mark.parametrize(("server", "engine"), [("nginx", "lxc"), ("caddy", "docker")])
def test_an_unknown_engine_or_server_is_refused(server: Any, engine: Any) -> None:  # noqa: ANN401
    """The hint lists what there is."""
    with pytest.raises(ConfigurationError, match="docker, podman, compose"):
        container_files(server, engine, **STATIC)


def test_both_files_are_printed_below_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a reader can take them apart."""
    code = run([*CONFIG, "nginx", *SITE, "--container", "compose"])
    config, launch = capsys.readouterr().out.split("# ===== compose.yaml\n")

    assert code == 0
    assert config.startswith("# ===== elastic-mirror.conf\n")
    assert yaml.safe_load(launch)["services"]


def test_both_files_can_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder with both is what the engine needs."""
    folder = tmp_path / "new" / "mirror"
    code = run([*CONFIG, "apache", *SITE, "--container", "docker", "--out", str(folder)])

    assert code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["elastic-mirror.conf", "run.sh"]
    assert "Wrote " in capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--container", "docker"]])
def test_a_folder_that_cannot_be_used_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    """One file alone is printed; a file in the folder's place is not a folder."""
    (tmp_path / "file").write_text("")
    code = run([*CONFIG, "nginx", *SITE, "--out", str(tmp_path / "file"), *more])

    assert code == 64
    assert capsys.readouterr().err.startswith("Error: ")
