"""What goes wrong, as the operator of a playbook meets it: one clean message and no secret."""

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.ansible_runs import INFO, MODULE, Ansible, Run, local_play

from elastic_mirror_policy import Journal
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana, Fault

CANARY_KEY = "Y2FuYXJ5LWlkOmNhbmFyeS1rZXktN2YzYTkx"
CANARY_PASSWORD = "canary-password-41c6"
BASE: JsonValue = {"base_url": "https://mirror.corp", "check_mirror": False}


@dataclass(frozen=True, slots=True)
class Failures:
    """One playbook of tasks that fail, and where it ran.

    Attributes:
        run: What came of it.
        fake: The Kibana of the tasks that may look; nothing may write to it.
        half: The Kibana that refuses the second write.
        journal: The journal of the rollout on `half`.
    """

    run: Run
    fake: FakeKibana
    half: FakeKibana
    journal: Path


@pytest.fixture(scope="module")
def failures(ansible: Ansible, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failures]:
    """Let one launch of Ansible run everything that fails, with -vvv and secrets of all kinds."""
    journal = tmp_path_factory.mktemp("journals") / "half.journal"
    with ExitStack() as stack:
        fake, half = (stack.enter_context(FakeKibana.example()) for _ in range(2))
        half.inject(Fault(method="PUT", path="/package_policies/", nth=2, status=403))
        play = local_play(
            _tasks(fake, half, journal),
            module_defaults={"group/elastic_mirror.policy.kibana": {"kibana_url": fake.url}},
        )
        run = ansible.play([play], "-vvv", "--diff", environment={"KIBANA_API_KEY": fake.api_key})
        yield Failures(run, fake, half, journal)


def _tasks(fake: FakeKibana, half: FakeKibana, journal: Path) -> list[JsonValue]:
    def task(name: str, module: str = MODULE, **options: JsonValue) -> JsonValue:
        return {"name": name, module: options, "ignore_errors": True}

    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    basic = {"api_key": "", "username": fake.username}
    return [
        task("wrong key", api_key=CANARY_KEY, **BASE),
        task("wrong key of info", INFO, api_key=CANARY_KEY),
        task("wrong password", **basic, password=CANARY_PASSWORD, **BASE),
        task("unreachable", kibana_url=nobody, **BASE),
        task("guard", **BASE, max_policies=1),
        task("misspelt", base_ulr="https://mirror.corp"),
        task("no journal named to undo", state="rolled_back"),
        task("half", **BASE, kibana_url=half.url, api_key=half.api_key, journal=str(journal)),
        task("password", INFO, **basic, password=fake.password),
        task("environment", INFO),
    ]


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("wrong key", "was refused (401)"),
        ("wrong key", "Check the API key, or user name and password"),
        ("wrong key of info", "was refused (401)"),
        ("wrong password", "was refused (401)"),
        ("unreachable", "http://127.0.0.1:"),
        ("guard", "6 policies would change, which is more than 1 (max-policies)."),
        ("misspelt", "Unsupported parameters for (elastic_mirror.policy.defend_artifact_mirror)"),
        (
            "no journal named to undo",
            "state is rolled_back but all of the following are missing: rollback_journal",
        ),
        ("half", "1 of 6 policies not written as asked: "),
    ],
)
def test_a_failure_is_one_message(failures: Failures, task: str, message: str) -> None:
    """It says what is wrong, on one line, with nothing of the code in it."""
    failure = failures.run[task]

    assert failure.status == "ignored"
    assert message in failure.message
    assert "\n" not in failure.message
    assert "Traceback" not in str(failure.values)


def test_nothing_is_written_where_a_task_failed_before(failures: Failures) -> None:
    """Wrong keys, guards and misspelt options leave Kibana as it was."""
    assert {request.method for request in failures.fake.requests} <= {"GET", "POST"}


def test_a_failure_returns_the_report_and_the_journal(failures: Failures) -> None:
    """Five policies were written and one was not; `changed` and the evidence say so."""
    half = failures.run["half"]

    assert half.changed is True
    assert half.values["report"]["summary"]["succeeded"] == 5
    assert half.values["report"]["summary"]["failed"] == 1
    assert half.values["journal"] == str(failures.journal)
    assert len(Journal.read(failures.journal).written) == 5


def test_the_diff_of_a_failure_has_what_was_written(failures: Failures) -> None:
    """The policy that Kibana refused is not in it."""
    outcomes = failures.run["half"].values["report"]["outcomes"]
    written = {f"default/{o['name']}" for o in outcomes if o["outcome"] == "succeeded"}

    assert {e["after_header"] for e in failures.run["half"].values["diff"]} == written


@pytest.mark.parametrize("task", ["password", "environment"])
def test_credentials_come_from_options_or_the_environment(failures: Failures, task: str) -> None:
    """A password in the task, or an API key in the environment of the controller."""
    result = failures.run[task]

    assert result.status == "ok"
    assert len(result.values["policies"]) == 6
    assert result.values["kibana"] == {"url": failures.fake.url, "version": "9.4.2"}


def test_no_secret_is_in_the_output(failures: Failures) -> None:
    """With -vvv Ansible prints every option, and none of the secrets."""
    secrets = {
        CANARY_KEY,
        CANARY_PASSWORD,
        failures.fake.api_key,
        failures.fake.password,
        failures.half.api_key,
    }
    seen = (failures.run.output, str(failures.run.tasks), failures.journal.read_text("utf-8"))

    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in failures.run.output
    assert not [secret for secret in secrets for text in seen if secret in text]


def test_a_missing_package_is_named(ansible: Ansible, tmp_path: Path) -> None:
    """Both modules say what to install and for which Python, in Ansible's usual words."""
    (tmp_path / "sitecustomize.py").write_text(_HIDE_THE_PACKAGE, encoding="utf-8")
    tasks = [
        {"name": name, name: {"kibana_url": "http://127.0.0.1:9"}, "ignore_errors": True}
        for name in (MODULE, INFO)
    ]
    run = ansible.play([local_play(tasks)], environment={"PYTHONPATH": str(tmp_path)})
    start = "Failed to import the required Python library (elastic-mirror-policy)"

    assert [result.status for result in run.tasks] == ["ignored", "ignored"]
    assert all(result.message.startswith(start) for result in run.tasks)
    assert all(sys.executable in result.message for result in run.tasks)


_HIDE_THE_PACKAGE = '''
import sys


class Hidden:
    """Says that there is no such package."""

    def find_spec(self, name, path=None, target=None):
        """Refuse one package and leave the rest to others."""
        if name == "elastic_mirror_policy":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden())
'''
