"""The module through real Ansible: check mode, changed, diff, states and undo."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.ansible_runs import MODULE, Ansible, Run, local_play
from support.pem import pem

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.testing import FakeKibana

MIRROR = "https://mirror.corp"
OLD_MIRROR = "http://old-mirror.example"
HOSTILE = "EMEA {{ 7 * 6 }}\x1b[2J\u202eevil"


@dataclass(frozen=True, slots=True)
class Story:
    """One playbook that was run, and the two Kibanas it talked to.

    Attributes:
        run: What came of it.
        looked_at: Met in check mode only.
        written: Met the same tasks for real.
        before: The documents of `written` as they were at first.
        journals: Where the journals are.
    """

    run: Run
    looked_at: FakeKibana
    written: FakeKibana
    before: dict[str, JsonValue]
    journals: Path


@pytest.fixture(scope="module")
def story(ansible: Ansible, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Look, write, write again, remove, undo: one launch of Ansible for all tests here."""
    journals = tmp_path_factory.mktemp("journals")
    with ExitStack() as stack:
        looked_at, written = (stack.enter_context(FakeKibana.example()) for _ in range(2))
        for fake in (looked_at, written):
            fake.add_policy(HOSTILE, agents=1)
        before = {one: written.document(one) for one in written.policy_ids}
        plays = [local_play(_tasks(looked_at, written, journals))]
        run = ansible.play(plays, "--diff", "-vvv")
        yield Story(run, looked_at, written, before, journals)


def _tasks(looked_at: FakeKibana, written: FakeKibana, journals: Path) -> list[JsonValue]:
    def task(
        name: str, fake: FakeKibana, *, check: bool = False, **options: JsonValue
    ) -> JsonValue:
        connection = {"kibana_url": fake.url, "api_key": fake.api_key, "check_mirror": False}
        return {"name": name, MODULE: {**connection, **options}, "check_mode": check}

    def journal(name: str) -> str:
        return str(journals / f"{name}.journal")

    absent: JsonValue = {"state": "absent", "allow": ["clear"]}
    undo: JsonValue = {"state": "rolled_back", "rollback_journal": journal("absent")}
    return [
        task("look", looked_at, check=True, base_url=MIRROR, journal=journal("never")),
        task("look at absent", looked_at, check=True, **absent),
        task("write", written, base_url=f"{MIRROR}/", journal=journal("write")),
        task("write again", written, base_url=MIRROR, journal=journal("again")),
        task("remove", written, **absent, journal=journal("absent")),
        task("remove again", written, **absent),
        task("look at undo", written, check=True, **undo),
        task("undo", written, **undo, journal=journal("undo")),
        task("undo again", written, **undo),
        task(
            "channels",
            written,
            names=["EMEA*"],
            exclude=["*servers"],
            everywhere={"channel": "stable", "interval": 7200},
            windows={"channel": "rapid", "proxy_disable": True},
            mac={"unset": ["base_url", "interval"]},
            linux={"ca_cert": pem()},
            allow=["clear"],
            journal=journal("channels"),
        ),
    ]


def puts(fake: FakeKibana) -> int:
    """Return how many writes a Kibana has seen."""
    return sum(request.method == "PUT" for request in fake.requests)


def base_urls(fake: FakeKibana) -> set[str | None]:
    """Return every base URL of every Elastic Defend policy."""
    documents = [fake.document(one) for one in fake.policy_ids]
    values = [d["inputs"][0]["config"]["policy"]["value"] for d in documents if _is_defend(d)]
    return {
        value[system].get("advanced", {}).get("artifacts", {}).get("global", {}).get("base_url")
        for value in values
        for system in ("linux", "mac", "windows")
    }


def _is_defend(document: JsonValue) -> bool:
    return bool(document["package"]["name"] == "endpoint")


def test_the_story_ends_well(story: Story) -> None:
    """Every task succeeds, the second runs and the undo included."""
    assert story.run.returncode == 0, story.run.output
    assert [result.status for result in story.run.tasks] == ["ok"] * 10


def test_check_mode_sends_no_write(story: Story) -> None:
    """A Kibana that was only looked at has seen no write at all."""
    seen = {
        (request.method, request.path.rsplit("/", 1)[-1]) for request in story.looked_at.requests
    }

    assert seen == {("GET", "status"), ("GET", "package_policies"), ("POST", "_bulk_get")}


def test_check_mode_creates_no_journal(story: Story) -> None:
    """A journal that is named in check mode is not there afterwards."""
    assert sorted(path.stem for path in story.journals.iterdir()) == [
        "absent",
        "channels",
        "undo",
        "write",
    ]


@pytest.mark.parametrize(("looked", "wrote"), [("look", "write"), ("look at undo", "undo")])
def test_check_mode_predicts_what_the_run_reports(story: Story, looked: str, wrote: str) -> None:
    """`changed` and the diff are the same as those of the run that follows."""
    prediction, run = story.run[looked], story.run[wrote]

    assert prediction.changed is run.changed is True
    assert prediction.values["diff"] == run.values["diff"]
    assert len(run.values["diff"]) == 7


def test_absent_is_about_policies_that_have_a_base_url(story: Story) -> None:
    """Removing it would change the one policy that has it, and no other."""
    absent = story.run["look at absent"]

    assert [entry["after_header"] for entry in absent.values["diff"]] == [
        "default/EMEA Paris servers"
    ]


@pytest.mark.parametrize("task", ["write again", "remove again", "undo again"])
def test_a_second_run_is_ok(story: Story, task: str) -> None:
    """It changes nothing, needs no journal, and shows no diff."""
    again = story.run[task]

    assert again.changed is False
    assert again.values["diff"] == []
    assert "report" not in again.values


def test_each_policy_is_written_once_for_each_change(story: Story) -> None:
    """Seven policies set, removed and put back, and then two of them given channels."""
    assert puts(story.written) == 3 * 7 + 2


def test_the_diff_has_a_header_and_both_sides_for_each_policy(story: Story) -> None:
    """One entry for each policy; a key that is not set has no line."""
    paris = _entry(story.run["write"].values["diff"], "default/EMEA Paris servers")
    berlin = _entry(story.run["write"].values["diff"], "default/EMEA Berlin workstations")

    name = "advanced.artifacts.global.base_url"
    assert paris["before"] == "".join(
        f"{system}.{name} = {OLD_MIRROR}\n" for system in ("linux", "mac", "windows")
    )
    assert berlin["before"] == ""
    assert berlin["after"] == "".join(
        f"{system}.{name} = {MIRROR}\n" for system in ("linux", "mac", "windows")
    )


def _entry(diff: list[dict[str, str]], header: str) -> dict[str, str]:
    (found,) = [entry for entry in diff if entry["before_header"] == header]
    return found


def test_ansible_shows_the_diff_with_its_headers(story: Story) -> None:
    """What the operator sees with --diff names the policy and both values."""
    assert "--- before: default/EMEA Paris servers" in story.run.output
    assert "+++ after: default/EMEA Paris servers" in story.run.output
    assert f"-linux.advanced.artifacts.global.base_url = {OLD_MIRROR}" in story.run.output
    assert f"+linux.advanced.artifacts.global.base_url = {MIRROR}" in story.run.output


def test_the_result_has_plan_report_and_journal(story: Story) -> None:
    """What was planned, what happened to every policy, and where the evidence is."""
    values = story.run["write"].values

    assert values["plan"]["summary"]["to_change"] == 7
    assert values["report"]["summary"]["succeeded"] == 7
    assert values["journal"] == str(story.journals / "write.journal")
    assert values["msg"] == "7 of 7 policies changed, 23 agents affected."


def test_undo_restores_what_was_there(story: Story) -> None:
    """What `absent` removed is put back: the mirror that was written before it."""
    assert base_urls(story.written) == {MIRROR, None}
    assert story.run["undo"].values["report"]["summary"]["succeeded"] == 7


@pytest.mark.parametrize("key", ["name", "description", "namespace", "policy_ids", "package"])
def test_nothing_else_in_a_policy_changes(story: Story, key: str) -> None:
    """After six changes everything that is not managed is as it was."""
    after = {one: story.written.document(one)[key] for one in story.before}

    assert after == {one: document[key] for one, document in story.before.items()}


def test_each_system_can_have_its_own_settings(story: Story) -> None:
    """Own settings stand over those for every system, and a key can be removed on one of them."""
    policy = next(d for d in story.before.values() if d["name"] == "EMEA Berlin workstations")
    value = story.written.document(policy["id"])["inputs"][0]["config"]["policy"]["value"]
    found = {s: value[s]["advanced"]["artifacts"]["global"] for s in ("linux", "mac", "windows")}

    assert found == {
        "linux": {
            "base_url": MIRROR,
            "ca_cert": pem(),
            "channel": "stable",
            "interval": "7200",
        },
        "mac": {"channel": "stable"},
        "windows": {
            "base_url": MIRROR,
            "channel": "rapid",
            "interval": "7200",
            "proxy_disable": "true",
        },
    }


def test_a_policy_name_is_data(story: Story) -> None:
    """A name is never a template, and moves no cursor on the operator's terminal."""
    named = [change["name"] for change in story.run["write"].values["plan"]["changes"]]

    assert "EMEA {{ 7 * 6 }}\x1b[2J\\u202eevil" in named
    assert "default/EMEA {{ 7 * 6 }}\\x1b[2J\\u202eevil" in story.run.output
    assert not {"\x1b", "\u202e"} & set(story.run.output)


def test_the_api_key_is_nowhere(story: Story) -> None:
    """Neither the output at -vvv nor a journal nor a result has it."""
    written = [path.read_text(encoding="utf-8") for path in story.journals.iterdir()]
    secrets = {story.looked_at.api_key, story.written.api_key}

    assert not [s for s in secrets for text in (story.run.output, *written) if s in text]
    assert not [s for s in secrets if s in str(story.run.tasks)]
