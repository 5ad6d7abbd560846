"""What the options of a task mean, checked by Ansible's validation and by the collection."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ansible_collection import checked, module_util
from support.ansible_runs import COLLECTION

from elastic_mirror_policy import CLEAR, ArtifactSettings, MirrorSettings
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.risks import Risk
from elastic_mirror_policy.settings import CHANNELS, MANAGED_KEYS, OperatingSystem
from elastic_mirror_policy.testing import FakeKibana

pytestmark = pytest.mark.usefixtures("ansible")

BASE = {"base_url": "https://mirror.corp", "check_mirror": False}


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Give an example Kibana."""
    with FakeKibana.example() as served:
        yield served


def carry_out(fake: FakeKibana, options: JsonValue, *, check_mode: bool = False) -> JsonValue:
    """Return how a task with these options ends."""
    connection = {"kibana_url": fake.url, "api_key": fake.api_key}
    ending = module_util("rollout").carry_out(checked(connection | options), check_mode=check_mode)
    return ending.values | {"failed": ending.failed, "warnings": ending.warnings}


def settings(options: JsonValue) -> MirrorSettings:
    """Return what a task with these options wants the policies to have."""
    connection = {"kibana_url": "http://127.0.0.1:9", "api_key": "x"}
    found: MirrorSettings = module_util("intent").settings_of(checked(connection | options))
    return found


def test_a_base_url_is_for_every_system() -> None:
    """It is the short form of the same in `everywhere`."""
    wanted = MirrorSettings.everywhere("https://mirror.corp")

    assert settings({"base_url": "https://mirror.corp/"}) == wanted
    assert settings({"everywhere": {"base_url": "https://mirror.corp"}}) == wanted


def test_the_settings_of_a_system_stand_over_those_for_all() -> None:
    """A key that is set or removed for one system does not change the others."""
    found = settings(
        {
            "base_url": "https://a",
            "everywhere": {"channel": "stable", "unset": ["interval"]},
            "linux": {"base_url": "https://b", "interval": 60, "unset": ["channel"]},
        }
    )

    assert found.linux == ArtifactSettings(base_url="https://b", interval=60, channel=CLEAR)
    assert found.mac == ArtifactSettings(base_url="https://a", interval=CLEAR, channel="stable")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "There is nothing to set."),
        ({"linux": {}}, "There is nothing to set."),
        ({"base_url": ""}, "base_url of everywhere is empty."),
        ({"base_url": "https://a", "everywhere": {"base_url": "https://b"}}, "given twice"),
        ({"base_url": "https://a", "everywhere": {"unset": ["base_url"]}}, "given twice"),
        (
            {"mac": {"channel": "rapid", "unset": ["channel"]}},
            "channel of mac is both set and in unset.",
        ),
        ({"linux": {"interval": 0}}, "interval must be a number of seconds above zero"),
        ({**BASE, "names": []}, "names is an empty list, which would select every policy."),
        ({**BASE, "names": ["Nobody"]}, "matches nothing"),
        ({**BASE, "spaces": []}, "spaces is an empty list"),
        ({**BASE, "spaces": ["a"], "all_spaces": True}, "Both spaces and all_spaces were given."),
        ({**BASE, "timeout": 0}, "The timeout must be above 0 seconds"),
        (
            {**BASE, "kibana_url": "https://127.0.0.1:9", "ca_cert": "/not/there.pem"},
            "/not/there.pem",
        ),
        ({**BASE, "max_agents": -1}, "max_agents cannot be below zero."),
        ({**BASE, "rollback_journal": "a"}, "rollback_journal has no effect with state=present."),
        ({"state": "absent", "base_url": "https://a"}, "base_url has no effect with state=absent."),
        ({"state": "absent", "mac": {"interval": 9}}, "mac has no effect with state=absent."),
        (
            {"state": "rolled_back", "rollback_journal": "a", "names": ["x"]},
            "names has no effect with state=rolled_back.",
        ),
        (
            {"state": "rolled_back", "rollback_journal": "/not/there"},
            "The journal /not/there",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    fake: FakeKibana, options: JsonValue, message: str
) -> None:
    """The message names the option; nothing is written."""
    ending = carry_out(fake, options)

    assert ending["failed"] is True
    assert ending["changed"] is False
    assert message in ending["msg"]
    assert not [request for request in fake.requests if request.method == "PUT"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"everywhere": {"base_ulr": "https://a"}}, "base_ulr"),
        ({"linux": {"channel": "fast"}}, "value of channel must be one of: default, rapid, stable"),
        ({"allow": ["everything"]}, "value of allow must be one or more of: clear, elastic-cdn"),
        ({"max_agents": "many"}, "cannot be converted to an int"),
        ({"state": "gone"}, "value of state must be one of: present, absent, rolled_back"),
    ],
)
def test_ansible_refuses_what_is_not_an_option(options: JsonValue, message: str) -> None:
    """A misspelt key or value is refused in the words that Ansible's users know."""
    with pytest.raises(ValueError, match=message):
        settings(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expect_policies": 12}, "6 policies are selected"),
        ({"max_policies": 5}, "6 policies would change, which is more than 5"),
        ({"max_agents": 10}, "22 agents would be affected, which is more than 10"),
        (
            {"base_url": "https://artifacts.security.elastic.co"},
            "6 of 6 changes carry the risk 'elastic-cdn'",
        ),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_guard_refuses_before_the_first_write(
    fake: FakeKibana, tmp_path: Path, options: JsonValue, message: str, *, check_mode: bool
) -> None:
    """In check mode too, so that the refusal is known beforehand; the plan comes with it."""
    journal = tmp_path / "journal"
    ending = carry_out(fake, BASE | {"journal": str(journal)} | options, check_mode=check_mode)

    assert ending["failed"] is True
    assert ending["changed"] is False
    assert message in ending["msg"]
    assert ending["plan"]["summary"]["to_change"] == 6
    assert ending["diff"] == []
    assert not journal.exists()


def test_a_refused_risk_comes_with_the_option_that_allows_it(fake: FakeKibana) -> None:
    """The words of the command line are followed by those of a task."""
    ending = carry_out(fake, {"state": "absent"})

    assert ending["msg"].endswith("In this task: allow: [clear].")


def test_a_write_needs_a_journal(fake: FakeKibana) -> None:
    """Without one nothing is written; with nothing to write none is needed."""
    ending = carry_out(fake, BASE)

    assert ending["failed"] is True
    assert "but no journal was given" in ending["msg"]
    assert not [request for request in fake.requests if request.method == "PUT"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_journal_is_never_overwritten(
    fake: FakeKibana, tmp_path: Path, *, check_mode: bool
) -> None:
    """A file that exists already is refused before the first write, and stays as it is."""
    journal = tmp_path / "journal"
    journal.write_text("mine", encoding="utf-8")
    ending = carry_out(fake, BASE | {"journal": str(journal)}, check_mode=check_mode)

    assert ending["failed"] is True
    assert "exists already" in ending["msg"]
    assert journal.read_text(encoding="utf-8") == "mine"


def test_a_journal_that_cannot_be_made_is_one_message(fake: FakeKibana, tmp_path: Path) -> None:
    """Nothing is written, and the plan comes with the message."""
    ending = carry_out(fake, BASE | {"journal": str(tmp_path / "no" / "journal")})

    assert (ending["failed"], ending["changed"]) == (True, False)
    assert "cannot be created" in ending["msg"]
    assert not [request for request in fake.requests if request.method == "PUT"]


def test_a_warning_is_said_once_for_all_policies(fake: FakeKibana) -> None:
    """It says how many policies it is about, instead of being repeated for each."""
    ending = carry_out(fake, BASE | {"base_url": "http://mirror.corp"}, check_mode=True)

    assert [text for text in ending["warnings"] if "plain HTTP" in text] == [
        (
            "http://mirror.corp uses plain HTTP: downloads can be read and changed in transit. "
            "(6 policies)"
        )
    ]


def test_a_policy_that_cannot_be_changed_fails_the_task(fake: FakeKibana, tmp_path: Path) -> None:
    """The others are written all the same; check mode says so beforehand."""
    fake.edit(fake.policy_ids[0], "inputs", [])
    options = BASE | {"journal": str(tmp_path / "journal")}
    predicted = carry_out(fake, options, check_mode=True)
    ending = carry_out(fake, options)

    assert (predicted["failed"], predicted["changed"]) == (True, True)
    assert "1 policy cannot be changed: EMEA Berlin workstations: " in predicted["msg"]
    assert (ending["failed"], ending["changed"]) == (True, True)
    assert ending["diff"] == predicted["diff"]
    assert ending["report"]["summary"]["succeeded"] == 5
    assert "1 of 6 policies not written as asked: EMEA Berlin" in ending["msg"]


def test_spaces_are_those_of_the_task(fake: FakeKibana) -> None:
    """One space, or all that the credentials may see."""
    one = carry_out(fake, BASE | {"spaces": ["emea"]}, check_mode=True)
    every = carry_out(fake, BASE | {"all_spaces": True}, check_mode=True)

    assert one["plan"]["kibana"]["spaces"] == ["emea"]
    assert one["plan"]["summary"]["to_change"] == 2
    assert every["plan"]["summary"]["to_change"] == 8


def test_the_options_know_what_the_product_knows() -> None:
    """Keys, systems, risks and channels are those of this release."""
    arguments = module_util("arguments")

    assert arguments.KEYS == MANAGED_KEYS
    assert set(arguments.SYSTEMS) == {system.value for system in OperatingSystem}
    assert tuple(Risk) == arguments.RISKS
    channels = arguments.settings_arguments()["linux"]["options"]["channel"]["choices"]
    assert tuple(channels) == CHANNELS


def is_read_by_python_3_8(path: Path) -> bool:
    """Whether an old Python knows the syntax of a file."""
    try:
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
    except SyntaxError:
        return False
    return True


def test_an_old_python_can_read_the_modules() -> None:
    """So that a host with one says what is missing, instead of failing on the syntax."""
    paths = sorted((COLLECTION / "plugins").glob("module*/*.py"))

    assert paths
    assert [path.name for path in paths if not is_read_by_python_3_8(path)] == []
