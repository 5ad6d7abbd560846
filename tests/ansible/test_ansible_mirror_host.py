"""The role of a mirror host: filled from an upstream, served by a real nginx, checked."""

import configparser
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.ansible_runs import Ansible, Run
from support.needs import need_binary
from support.web_servers import WebServers

from elastic_mirror_policy.testing.artifact_server import FakeArtifactServer

PLAYBOOK = "elastic_mirror.policy.mirror_host"
ROLE = "elastic_mirror.policy.mirror_host"
VERSIONS = ("8.19.4", "9.1.3")


@dataclass(frozen=True, slots=True)
class Host:
    """A mirror host on this machine.

    Attributes:
        filled: The run that filled and configured it.
        again: The same run once more.
        checked: The run that checked it, when nginx served it.
        units: Where the units of systemd are.
        root: The folder of the mirror.
    """

    filled: Run
    again: Run
    checked: Run
    units: Path
    root: Path


@pytest.fixture(scope="module")
def host(ansible: Ansible, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Run the role where nothing needs root: no packages, no user, no systemd."""
    need_binary("nginx")
    folder = tmp_path_factory.mktemp("host")
    servers = WebServers()
    with servers.stack, FakeArtifactServer.example(*VERSIONS) as upstream:
        home = servers.home()
        inventory = _inventory(folder, home.root, home.port, upstream.url)
        filled, again = (_play(ansible, inventory, "fill,serve") for _ in range(2))
        site = (folder / "nginx.conf").read_text(encoding="utf-8")
        servers.nginx(home, site.replace("/var/log/nginx", str(home.logs)))
        checked = _play(ansible, inventory, "check")
        yield Host(filled, again, checked, folder, home.root)


def _play(ansible: Ansible, inventory: Path, tags: str) -> Run:
    return ansible.play(PLAYBOOK, "-i", str(inventory), "--tags", tags)


def _inventory(folder: Path, root: Path, port: int, upstream: str, **more: str) -> Path:
    values = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "mirror_become": False,
        "mirror_host_endpoint_versions": list(VERSIONS),
        "mirror_host_server_name": "127.0.0.1",
        "mirror_host_listen": port,
        "mirror_host_upstream": upstream,
        "mirror_host_root": str(root),
        "mirror_host_venv": sys.prefix,
        "mirror_host_requirement": "not installed by this test",
        "mirror_host_as_user": [],
        "mirror_host_nginx_file": str(folder / "nginx.conf"),
        "mirror_host_unit_dir": str(folder),
        **more,
    }
    lines = [f"      {name}: {value!r}" for name, value in values.items()]
    file = folder / "inventory.yml"
    file.write_text("\n".join(["mirrors:", "  hosts:", "    mirror:", *lines, ""]), "utf-8")
    return file


def test_the_role_fills_the_mirror_and_configures_nginx(host: Host) -> None:
    """The files are there, and nothing failed on the way."""
    assert host.filled.returncode == 0, host.filled.output
    assert host.filled[f"{ROLE} : Fill the mirror"].changed is True
    assert host.filled[f"{ROLE} : Write the configuration of nginx"].changed is True


def test_a_second_run_changes_nothing(host: Host) -> None:
    """A mirror that has everything is not touched, and nginx is not reloaded."""
    assert host.again.returncode == 0, host.again.output
    assert [r.task for r in host.again.tasks if r.values.get("changed")] == []


def test_what_nginx_serves_passes_the_check(host: Host) -> None:
    """The last task of the role asks the mirror as endpoints do."""
    assert host.checked.returncode == 0, host.checked.output


def test_the_timer_can_do_both_commands_of_its_service(host: Host) -> None:
    """What systemd would start ends well: the mirror is filled, then checked."""
    unit = (host.units / "elastic-mirror-sync.service").read_text(encoding="utf-8")
    commands = [
        shlex.split(line.removeprefix("ExecStart="))
        for line in unit.splitlines()
        if line.startswith("ExecStart=")
    ]
    codes = [subprocess.run(c, check=False, capture_output=True).returncode for c in commands]

    assert codes == [0, 0]
    assert [command[1:3] for command in commands] == [["mirror", "sync"], ["mirror", "check"]]


def test_the_units_may_write_to_the_mirror_alone(host: Host) -> None:
    """The service sees the rest of the system read-only, and the timer wakes it every hour."""
    service = _unit(host.units / "elastic-mirror-sync.service")
    timer = _unit(host.units / "elastic-mirror-sync.timer")

    assert service["Service"]["ProtectSystem"] == "strict"
    assert service["Service"]["ReadWritePaths"] == str(host.root)
    assert service["Service"]["User"] == "elastic-mirror"
    assert timer["Timer"]["OnCalendar"] == "hourly"


def test_without_a_file_for_metrics_none_is_written(host: Host) -> None:
    """That is the default; then nothing more can be written to either."""
    unit = (host.units / "elastic-mirror-sync.service").read_text(encoding="utf-8")

    assert "--metrics" not in unit
    assert unit.count("ReadWritePaths=") == 1


def test_the_timer_writes_metrics_where_the_host_says(ansible: Ansible, tmp_path: Path) -> None:
    """The check of the service does; its folder may be written to, and need not be there."""
    file = tmp_path / "metrics" / "check.prom"
    file.parent.mkdir()
    with FakeArtifactServer.example(*VERSIONS) as upstream:
        port = urlsplit(upstream.url).port or 0  # it serves what a mirror of it would
        more = {"mirror_host_metrics_file": str(file)}
        inventory = _inventory(tmp_path, tmp_path / "root", port, upstream.url, **more)
        (tmp_path / "root").mkdir()
        played = _play(ansible, inventory, "fill")
        unit = (tmp_path / "elastic-mirror-sync.service").read_text(encoding="utf-8")
        [check] = [
            shlex.split(line.removeprefix("ExecStart="))
            for line in unit.splitlines()
            if line.startswith("ExecStart=") and "--metrics" in line
        ]
        code = subprocess.run(check, check=False, capture_output=True).returncode

    assert played.returncode == 0, played.output
    assert code == 0
    assert f"ReadWritePaths=-{file.parent}" in unit
    assert f'mirror_healthy{{endpoint_version="{VERSIONS[0]}"}} 1.0' in file.read_text("utf-8")


def _unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(path, "utf-8")
    return parser
