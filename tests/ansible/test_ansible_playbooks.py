"""The playbooks of the collection, called by their names."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.ansible_runs import COLLECTION, Ansible, Run

from elastic_mirror_policy._json import JsonValue, encode
from elastic_mirror_policy.testing import FakeKibana

COLLECTION_NAME = "elastic_mirror.policy"
SET_EVERYWHERE = f"{COLLECTION_NAME}.set_mirror_everywhere"
Kibanas = Mapping[str, FakeKibana]


@pytest.fixture
def kibanas() -> Iterator[Kibanas]:
    """Give two Kibanas."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(FakeKibana.example()) for name in ("amer", "emea")}


def play_everywhere(
    ansible: Ansible, kibanas: Kibanas, folder: Path, **more: Mapping[str, JsonValue]
) -> Run:
    """Set the mirror on every Kibana, with more variables for some of them."""
    hosts = {
        name: {"kibana_url": fake.url, "kibana_api_key": fake.api_key, **more.get(name, {})}
        for name, fake in kibanas.items()
    }
    inventory = folder / "kibanas.json"
    inventory.write_bytes(encode({"kibanas": {"hosts": hosts}}))
    variables = {
        "mirror_url": "https://mirror.corp",
        "check_mirror": False,
        "journal_dir": str(folder / "journals"),
    }
    return ansible.play(
        SET_EVERYWHERE, "-i", str(inventory), "-e", encode(variables).decode(), "--diff"
    )


def methods(fake: FakeKibana) -> set[str]:
    """Return the methods of the requests that a Kibana has seen."""
    return {request.method for request in fake.requests}


def test_every_playbook_is_well_formed(ansible: Ansible) -> None:
    """Ansible reads each of them, with the example inventory."""
    names = [f"{COLLECTION_NAME}.{p.stem}" for p in sorted((COLLECTION / "playbooks").glob("*"))]
    inventory = COLLECTION / "inventory" / "example.yml"
    run = ansible.run("playbook", "--syntax-check", "-i", inventory, *names)

    assert run.returncode == 0, run.output
    assert len(names) == 4
    assert run.output.count("playbook: ") == 4


def test_kibanas_are_written_one_after_another(
    ansible: Ansible, kibanas: Kibanas, tmp_path: Path
) -> None:
    """The second is not asked before the first is done; each has its own journal."""
    run = play_everywhere(ansible, kibanas, tmp_path)
    written = [r for r in run.tasks if r.task == "Set the mirror"]

    assert run.returncode == 0, run.output
    assert [result.host for result in run.tasks] == ["amer", "amer", "emea", "emea"]
    assert [result.values["report"]["summary"]["succeeded"] for result in written] == [6, 6]
    assert [path.name.split("-")[0] for path in sorted((tmp_path / "journals").iterdir())] == [
        "amer",
        "emea",
    ]


def test_the_first_kibana_that_fails_ends_the_run(
    ansible: Ansible, kibanas: Kibanas, tmp_path: Path
) -> None:
    """A guard refuses the first one, and the second one never hears of it."""
    run = play_everywhere(ansible, kibanas, tmp_path, amer={"expect_policies": 99})

    assert run.returncode != 0
    assert "exactly 99 were expected" in run.output
    assert methods(kibanas["amer"]) <= {"GET", "POST"}
    assert kibanas["emea"].requests == ()


def test_a_rollout_is_undone_from_its_journal(
    ansible: Ansible, kibanas: Kibanas, tmp_path: Path
) -> None:
    """What `set_mirror` wrote, and said how to undo, `undo` puts back."""
    fake = kibanas["emea"]
    environment = {"KIBANA_URL": fake.url, "KIBANA_API_KEY": fake.api_key}
    before = settings(fake)
    done = ansible.play(
        f"{COLLECTION_NAME}.set_mirror",
        "-e",
        f"mirror_url=https://mirror.corp check_mirror=false journal_dir={tmp_path}",
        environment=environment,
    )
    journal = done["Set the mirror"].values["journal"]
    undone = ansible.play(
        f"{COLLECTION_NAME}.undo", "-e", f"rollback_journal={journal}", environment=environment
    )

    assert f"{COLLECTION_NAME}.undo -e rollback_journal={journal}" in done.output
    assert undone["Put back"].values["report"]["summary"]["succeeded"] == 6
    assert settings(fake) == before
    assert "diff" not in undone["Put back"].values, "a diff is for --diff"


def settings(fake: FakeKibana) -> list[JsonValue]:
    """Return the advanced settings of every Elastic Defend policy, for each operating system."""
    configs = (fake.document(one)["inputs"][0].get("config", {}) for one in fake.policy_ids)
    values = [config["policy"]["value"] for config in configs if config]
    systems = ("linux", "mac", "windows")
    return [[value[system].get("advanced") for system in systems] for value in values]
