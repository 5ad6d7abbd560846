"""A credential is in nothing that the command line prints or writes."""

import base64
import contextlib
import subprocess
import sys
from pathlib import Path

import pytest
from support.commands import Command, Ended, Shell, environment_for
from support.rollouts import MIRROR

from elastic_mirror_policy.testing import FakeKibana, Fault

PLAIN = ("--base-url", MIRROR, "--no-check-mirror")
APPLY = ("apply", *PLAIN, "--yes", "--journal", "a.journal", "-vv")
EVERYTHING = (
    ("doctor", "-vv", "--format", "json"),
    ("policies", "-vv", "--format", "json"),
    ("plan", *PLAIN, "-vv", "--out", "plan.json"),
    ("plan", *PLAIN, "--format", "json"),
    APPLY,
    ("journal", "a.journal", "--format", "json"),
    ("endpoints", "-vv"),
    ("rollback", "a.journal", "-vv"),
    ("rollback", "a.journal", "--yes", "--journal", "b.journal", "-vv"),
    ("apply", "--resume", "a.journal", "--yes", "-vv"),
)
FAILURES = {
    "wrong credentials": Fault(status=401, json={"message": "unable to authenticate"}, times=None),
    "a redirect": Fault(redirect="https://elsewhere.example/login", times=None),
    "no answer": Fault(drop="before", times=None),
}


def secrets_of(fake: FakeKibana, kind: str) -> tuple[str, ...]:
    """Return every form in which a credential could be shown."""
    if kind == "password":
        basic = base64.b64encode(f"{fake.username}:{fake.password}".encode()).decode()
        return fake.password, basic
    plain = base64.b64decode(fake.api_key).decode()
    return fake.api_key, plain, plain.partition(":")[2]


def assert_clean(fake: FakeKibana, kind: str, shell: Shell, *ended: Ended) -> None:
    """Check that no secret is in what was printed, or in any file that was made."""
    printed = [text for one in ended for text in (one.out, one.err)]
    written = [path.read_text() for path in shell.folder.iterdir() if path.is_file()]

    for secret in secrets_of(fake, kind):
        assert [text for text in (*printed, *written) if secret in text] == []


@pytest.fixture(params=["API key", "password"])
def kind(request: pytest.FixtureRequest, shell: Shell, fake: FakeKibana) -> str:
    """Both kinds of credentials; the environment has the one."""
    if request.param == "password":
        shell.set(KIBANA_API_KEY=None, KIBANA_USERNAME="elastic", KIBANA_PASSWORD=fake.password)
    return str(request.param)


def test_no_command_shows_a_credential(shell: Shell, fake: FakeKibana, kind: str) -> None:
    """At the highest level of logging, in files too."""
    ended = [shell.run(*words) for words in EVERYTHING]

    assert [one.code for one in ended] == [0, 0, 2, 2, 0, 0, 2, 2, 0, 1]
    assert_clean(fake, kind, shell, *ended)


@pytest.mark.parametrize("failure", FAILURES)
def test_no_failure_shows_a_credential(
    shell: Shell, fake: FakeKibana, kind: str, failure: str
) -> None:
    """At the highest level of logging, where requests and their errors are written out."""
    fake.inject(FAILURES[failure])

    ended = [shell.run(*words) for words in (("doctor", "-vv"), ("plan", *PLAIN, "-vv"), APPLY)]

    assert all(one.code in {1, 2} for one in ended)
    assert_clean(fake, kind, shell, *ended)


def test_a_refusal_that_echoes_a_credential_does_not_reach_the_journal(
    shell: Shell, fake: FakeKibana, kind: str
) -> None:
    """Neither the report, nor what is printed when nothing can be read."""
    message = f"denied for {' '.join(secrets_of(fake, kind))}"
    fake.inject(Fault(method="PUT", status=403, json={"message": message}, times=None))

    ended = [shell.run(*APPLY), shell.run("journal", "a.journal")]
    fake.inject(Fault(status=400, json={"message": message}, times=None))
    ended += [shell.run("doctor", "-vv"), shell.run("plan", *PLAIN, "-vv")]

    assert [one.code for one in ended] == [1, 2, 1, 1]
    assert_clean(fake, kind, shell, *ended)


def test_a_stored_password_of_a_proxy_is_not_shown(shell: Shell, fake: FakeKibana) -> None:
    """Kibana takes a URL with credentials in an advanced setting; plans do not."""
    policy = fake.policy_ids[0]
    fake.edit(policy, "linux.advanced.artifacts.global.proxy_url", "http://me:hunter2@proxy")
    ended = [
        shell.run("policies"),
        shell.run("policies", "--format", "json"),
        shell.run("policies", "--format", "toml"),
        shell.run("plan", "--set", "proxy_url=http://new", "--no-check-mirror"),
        shell.run("plan", "--unset", "proxy_url", "--format", "json", "--out", "plan.json"),
        shell.run("plan", *PLAIN, "--format", "json"),
    ]

    assert all("hunter2" not in one.out + one.err for one in ended)
    assert all("hunter2" not in path.read_text() for path in shell.folder.iterdir())


@pytest.fixture
def netrc(tmp_path: Path) -> Path:
    """A file that would like to log in to the fake as somebody else."""
    path = tmp_path / "netrc"
    path.write_text(
        "machine 127.0.0.1 login intruder password hunter2\ndefault login x password y\n"
    )
    path.chmod(0o600)
    return path


def test_a_netrc_cannot_replace_the_credentials(
    shell: Shell, fake: FakeKibana, netrc: Path
) -> None:
    """Whatever it says about the host."""
    shell.set(NETRC=str(netrc))

    ended = shell.run("policies")

    assert ended.code == 0
    assert {request.status for request in fake.requests} == {200}


def parents() -> dict[int, int]:
    """Return the parent of every process, as far as it can be read."""
    found: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended in the meantime
            found[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    return found


def family_of(pid: int) -> list[int]:
    """Return a process with all that it has started, and what those have started."""
    parent_of = parents()
    family = [pid]
    for one in family:  # it grows as children are found
        family += [child for child, parent in parent_of.items() if parent == one]
    return family


def command_lines_of(pid: int) -> list[str]:
    """Return the command lines of a process and its descendants."""
    lines = []
    for one in family_of(pid):
        with contextlib.suppress(OSError):
            lines.append(Path(f"/proc/{one}/cmdline").read_bytes().decode(errors="replace"))
    return lines


@pytest.mark.parametrize("kind", ["API key", "password"])
def test_a_credential_is_not_in_the_list_of_processes(
    fake: FakeKibana, tmp_path: Path, kind: str
) -> None:
    """Every user of the machine can read it; other processes of the machine are none of ours."""
    lines: list[str] = []
    command = Command(fake, tmp_path)
    environment = environment_for(fake)
    if kind == "password":
        environment |= {"KIBANA_USERNAME": fake.username, "KIBANA_PASSWORD": fake.password}
        del environment["KIBANA_API_KEY"]
    fake.before("GET", "/package_policies", 1, lambda: lines.extend(command_lines_of(command.pid)))
    code = command.run("policies", environment=environment)

    assert code == 0
    assert any("elastic_mirror_policy" in line for line in lines)
    for secret in secrets_of(fake, kind):
        assert [line for line in lines if secret in line] == []


def test_the_processes_that_a_command_starts_are_looked_at_too(tmp_path: Path) -> None:
    """A child that was given the secret would be seen."""
    child = "import sys; print(flush=True); sys.stdin.read()"
    parent = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1], 'hunter2'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent, child],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        lines = command_lines_of(process.pid)
        process.communicate()

    assert [line.split("\0")[-2] for line in lines][-1] == "hunter2"
