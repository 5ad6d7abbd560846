"""Rules as code: each policy gets what the first rule that matches it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.pem import pem
from support.rollouts import (
    MIRROR,
    OTHER_MIRROR,
    advanced,
    base_urls,
    commit_counts,
    connected,
    documents,
    kinds,
    outcome_of,
    plan_for,
    planned,
    roll_back,
)

from elastic_mirror_policy import ALL_SPACES, ConfigurationError, MirrorRules, PlanError
from elastic_mirror_policy.plan.rules import Rule, rules_for
from elastic_mirror_policy.policies import Spaces
from elastic_mirror_policy.testing import FakeKibana

RULES = f"""
[[rule]]
name = "the lab"
policies = ["Lab *"]
frozen = true
base_url = "{MIRROR}"

[[rule]]
policies = ["EMEA *"]
exclude = ["* Paris"]
base_url = "{MIRROR}"
channel = "stable"
[rule.linux]
interval = 600
ca_cert_file = "ca.pem"

[[rule]]
agent_policies = ["EMEA Paris agents"]
[rule.windows]
base_url = "{OTHER_MIRROR}/"

[[rule]]
ids = ["by-id"]
clear = ["base_url"]

[[rule]]
spaces = ["apac"]
base_url = "{OTHER_MIRROR}"
"""
CERTIFICATE = pem()


@pytest.fixture
def fake() -> Iterator[FakeKibana]:
    """Seven policies in two spaces."""
    with FakeKibana() as served:
        served.add_policy("Lab one", id="lab")
        served.add_policy("EMEA Berlin", id="berlin")
        served.add_policy("EMEA Paris", id="paris")
        served.add_policy("Anything", id="by-id", mirror=OTHER_MIRROR)
        served.add_policy("Nobody's", id="nobody")
        served.add_policy("Lab Tokyo", id="tokyo", space="apac")
        served.add_policy("Sydney", id="sydney", space="apac")
        yield served


@pytest.fixture
def rules(tmp_path: Path) -> MirrorRules:
    """The rules above, read from a file beside a certificate."""
    (tmp_path / "ca.pem").write_text(CERTIFICATE)
    (tmp_path / "rules.toml").write_text(RULES)
    return MirrorRules.from_toml(tmp_path / "rules.toml")


def test_each_policy_gets_what_its_rule_says_and_others_are_left_alone(
    fake: FakeKibana, rules: MirrorRules, tmp_path: Path
) -> None:
    """Frozen and unmatched policies are shown, asked for, and not written."""
    with connected(fake) as kibana:
        plan = planned(kibana, rules, spaces=ALL_SPACES)
        report = kibana.apply(plan, journal=tmp_path / "a.journal", allow={"clear"})

    assert report.ok
    assert commit_counts(fake) == dict.fromkeys(("berlin", "paris", "by-id", "sydney"), 1)
    assert base_urls(fake.document("berlin")) == (MIRROR,) * 3
    assert base_urls(fake.document("paris")) == (None, None, OTHER_MIRROR)
    assert base_urls(fake.document("by-id")) == (None,) * 3
    assert base_urls(fake.document("sydney")) == (OTHER_MIRROR,) * 3
    assert advanced(fake.document("berlin"))["linux"]["artifacts"]["global"] == {
        "base_url": MIRROR,
        "channel": "stable",
        "ca_cert": CERTIFICATE,
        "interval": "600",
    }
    assert advanced(fake.document("berlin"))["mac"]["artifacts"]["global"] == {
        "base_url": MIRROR,
        "channel": "stable",
    }


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("lab", "the lab freezes it. (3 keys differ)"),
        ("tokyo", "the lab freezes it. (3 keys differ)"),
        ("nobody", "No rule matches it."),
    ],
)
def test_what_is_left_alone_says_why(
    fake: FakeKibana, rules: MirrorRules, policy: str, reason: str
) -> None:
    """A frozen policy says how far it is from its rule."""
    skipped = {one.policy_id: one for one in plan_for(fake, rules, spaces=ALL_SPACES).skipped}

    assert skipped[policy].reason == reason
    assert skipped[policy].intended


def test_rules_that_were_carried_out_have_nothing_left_to_do(
    fake: FakeKibana, rules: MirrorRules, tmp_path: Path
) -> None:
    """And they can be taken back like anything else."""
    before = {one: advanced(found) for one, found in documents(fake).items()}
    with connected(fake) as kibana:
        plan = planned(kibana, rules, spaces=ALL_SPACES)
        kibana.apply(plan, journal=tmp_path / "a.journal", allow={"clear"})
        again = kibana.apply(
            planned(kibana, rules, spaces=ALL_SPACES), journal=tmp_path / "b.journal"
        )
    undone = roll_back(fake, tmp_path / "a.journal")

    assert again.ok
    assert set(kinds(again)) == {"unchanged", "skipped"}
    assert outcome_of(again, "lab").intended
    assert undone.ok
    assert {one: advanced(found) for one, found in documents(fake).items()} == before


def test_rules_made_from_what_is_there_give_an_empty_plan(fake: FakeKibana, tmp_path: Path) -> None:
    """Whatever the policies have: texts, numbers, booleans, certificates, hostile names."""
    path = "advanced.artifacts.global"
    fake.edit("berlin", f"linux.{path}.interval", 600)
    fake.edit("berlin", f"mac.{path}.proxy_disable", value=True)
    fake.edit("paris", f"windows.{path}.ca_cert", pem(end="\r\n"))
    fake.edit("nobody", f"windows.{path}.proxy_url", "http://me:secret@proxy")
    fake.edit("lab", "name", 'a"]\nbase_url = "http://evil"\n[[rule]]#\x1b[31m')
    fake.edit("sydney", "inputs", [])
    with connected(fake) as kibana:
        text = rules_for(kibana.policies(spaces=ALL_SPACES))
        (tmp_path / "made.toml").write_text(text)
        plan = planned(kibana, MirrorRules.from_toml(tmp_path / "made.toml"), spaces=ALL_SPACES)

    assert plan.changes == ()
    assert plan.policies == 7
    assert {one.policy_id for one in plan.unchanged} == {"berlin", "paris", "by-id"}
    assert "secret" not in text
    assert "http://evil" not in [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "http://m/"),
        ("base_url", "http://m/downloads"),
        ("base_url", ""),
        ("base_url", "ftp://m"),
        ("base_url", 7),
        ("interval", "0"),
        ("channel", "nightly"),
        ("proxy_disable", "perhaps"),
        ("proxy_url", "http://me:secret@proxy"),
        ("ca_cert", "a\x7f\u2028b"),
        ("public_key", "-----BEGIN PRIVATE KEY-----"),
        ("manifest_relative_url", "no/slash"),
    ],
)
def test_what_a_rule_may_not_set_is_frozen_rather_than_changed(
    fake: FakeKibana, tmp_path: Path, key: str, value: object
) -> None:
    """Kibana takes any value; the rules made from it can still be read."""
    fake.edit("berlin", f"mac.advanced.artifacts.global.{key}", value)
    with connected(fake) as kibana:
        text = rules_for(kibana.policies())
        (tmp_path / "made.toml").write_text(text)
        plan = planned(kibana, MirrorRules.from_toml(tmp_path / "made.toml"))

    assert plan.changes == ()
    assert [one.policy_id for one in plan.unchanged] == ["by-id"]


def test_rules_made_after_a_rollout_bring_back_what_was_written(
    fake: FakeKibana, rules: MirrorRules, tmp_path: Path
) -> None:
    """An estate as code, in version control."""
    with connected(fake) as kibana:
        plan = planned(kibana, rules, spaces=ALL_SPACES)
        kibana.apply(plan, journal=tmp_path / "a.journal", allow={"clear"})
        wanted = {one: base_urls(found) for one, found in documents(fake).items()}
        (tmp_path / "made.toml").write_text(rules_for(kibana.policies()))
        roll_back(fake, tmp_path / "a.journal")
        back = planned(kibana, MirrorRules.from_toml(tmp_path / "made.toml"))
        kibana.apply(back, journal=tmp_path / "b.journal")
    written = [change.policy_id for change in back.changes]

    assert {one: base_urls(fake.document(one)) for one in written} == {
        one: wanted[one] for one in written
    }
    assert set(written) == {"berlin", "paris"}


BROKEN = {
    "unknown key": ('[[rule]]\nbase_uri = "http://m"', "Did you mean 'base_url'"),
    "unknown table": ('[rules]\nbase_url = "http://m"', "Unknown key 'rules' in the rules"),
    "unknown system": ('[[rule]]\n[rule.macos]\nbase_url = "http://m"', "Did you mean 'mac'"),
    "no rule": ("", "no [[rule]]"),
    "not TOML": ("[[rule]\n", "not readable TOML"),
    "nothing set": ('[[rule]]\npolicies = ["*"]', "Rule 1 sets nothing"),
    "a text for a list": ('[[rule]]\npolicies = "*"\nbase_url = "http://m"', "list of texts"),
    "a bad URL": ('[[rule]]\nname = "lab"\nbase_url = "ftp://m"', "lab: The base URL 'ftp://m'"),
    "a file that is a number": ("[[rule]]\nca_cert_file = 1", "must be the name of a file, not 1"),
    "a missing file": ('[[rule]]\nca_cert_file = "none.pem"', "'none.pem' cannot be read"),
    "frozen is a text": ('[[rule]]\nfrozen = "yes"', "true or false"),
    "clear is a text": ('[[rule]]\nclear = "base_url"', "list of settings"),
    "clear of nothing known": ('[[rule]]\nclear = ["base_uri"]', "'base_uri'"),
    "a rule of words": ('rule = "x"', "[[rule]] tables"),
    "a system of words": ('[[rule]]\nlinux = "x"', "linux must be a table"),
    "a URL that is a number": ("[[rule]]\nbase_url = 1", "base_url must be a text"),
    "an interval that is a date": ("[[rule]]\ninterval = 2026-01-05", "interval must be a number"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_broken_rules_are_refused_saying_where(broken: str, tmp_path: Path) -> None:
    """Before any request."""
    text, words = BROKEN[broken]
    (tmp_path / "rules.toml").write_text(text)

    with pytest.raises(ConfigurationError) as caught:
        MirrorRules.from_toml(tmp_path / "rules.toml")

    assert words in str(caught.value)


def test_missing_rules_are_refused(tmp_path: Path) -> None:
    """With the path."""
    with pytest.raises(ConfigurationError, match=r"none\.toml cannot be read: No such file"):
        MirrorRules.from_toml(tmp_path / "none.toml")


def made(text: str, folder: Path) -> MirrorRules:
    """Return the rules in a text."""
    (folder / "made.toml").write_text(text)
    return MirrorRules.from_toml(folder / "made.toml")


CATCH_ALL = f'[[rule]]\nbase_url = "{MIRROR}"\n'


def test_a_frozen_policy_is_never_written_because_a_name_cannot_be_read(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Without the right to read agent policies such rules are refused, as a selection is."""
    rules = made(f'[[rule]]\nagent_policies = ["Tier 0*"]\nfrozen = true\n{CATCH_ALL}', tmp_path)
    with (
        connected(fake, api_key=fake.key_for("defend")) as kibana,
        pytest.raises(PlanError, match="may not read"),
    ):
        planned(kibana, rules)


@pytest.mark.parametrize("spaces", [ALL_SPACES, ["apac"], ["default"]], ids=str)
def test_a_rule_for_a_space_matches_any_space_the_policy_lives_in(
    fake: FakeKibana, tmp_path: Path, spaces: Spaces
) -> None:
    """Through whichever of them it is seen."""
    fake.add_policy("Both", id="both", spaces=["default", "apac"])
    rules = made(f'[[rule]]\nspaces = ["apac"]\nbase_url = "{MIRROR}"\n', tmp_path)
    plan = plan_for(fake, rules, spaces=spaces)

    assert "both" in {change.policy_id for change in plan.changes}


def test_a_freezing_rule_covers_a_policy_that_cannot_be_edited(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Leaving it alone is what was asked for."""
    fake.edit("lab", "inputs", [])
    rules = made(f'[[rule]]\npolicies = ["Lab *"]\nfrozen = true\n{CATCH_ALL}', tmp_path)
    (skipped,) = plan_for(fake, rules).skipped

    assert skipped.intended
    assert "input" in skipped.reason


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('policies = ["Labb one"]\nfrozen = true', "'Labb one' matches nothing"),
        ('exclude = ["EMEA Berlinn"]\nfrozen = true', "'EMEA Berlinn' matches nothing"),
        ('ids = ["berlinn"]\nfrozen = true', "'berlinn' matches nothing"),
        ('agent_policies = ["nobody"]\nfrozen = true', "'nobody' matches nothing"),
    ],
)
def test_a_rule_that_names_what_is_not_there_is_refused(
    fake: FakeKibana, tmp_path: Path, rule: str, words: str
) -> None:
    """A slip in a freezing rule would write the policy."""
    rules = made(f"[[rule]]\n{rule}\n{CATCH_ALL}", tmp_path)
    with connected(fake) as kibana, pytest.raises(PlanError, match=f"^Rule 1: .*{words}"):
        planned(kibana, rules)


def test_a_pattern_and_a_rule_that_match_nothing_are_noted(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """In the plan, and again in its report."""
    rules = made(f'[[rule]]\npolicies = ["zzz*"]\nfrozen = true\n{CATCH_ALL}', tmp_path)
    with connected(fake) as kibana:
        plan = planned(kibana, rules)
        report = kibana.apply(plan, journal=tmp_path / "a.journal")

    assert plan.notes == (
        "Rule 1: The policy name 'zzz*' matches nothing.",
        "Rule 1: It matches no policy.",
    )
    assert report.notes[:2] == plan.notes


def test_a_rule_that_never_decides_is_noted(fake: FakeKibana, tmp_path: Path) -> None:
    """The first that matches wins, so it stands in the wrong place, or is not needed."""
    rules = made(f'{CATCH_ALL}\n[[rule]]\npolicies = ["EMEA *"]\nfrozen = true\n', tmp_path)
    with connected(fake) as kibana:
        plan = planned(kibana, rules)

    assert plan.notes == ("Rule 2: An earlier rule matches every policy that it matches.",)


def test_rules_under_which_nothing_is_selected_are_an_error(
    fake: FakeKibana, tmp_path: Path
) -> None:
    """Never an empty plan, which would look like success."""
    rules = made('[[rule]]\npolicies = ["zzz*"]\nfrozen = true\n', tmp_path)
    with connected(fake) as kibana, pytest.raises(PlanError, match="No rule matches any"):
        planned(kibana, rules)


@pytest.mark.parametrize("key", ["policies", "ids", "spaces", "agent_policies"])
def test_an_empty_list_in_a_rule_is_refused(tmp_path: Path, key: str) -> None:
    """It would match every policy."""
    with pytest.raises(ConfigurationError, match=f"{key} is an empty list"):
        made(f"[[rule]]\n{key} = []\nfrozen = true\n", tmp_path)


def test_a_key_that_is_set_and_cleared_is_refused(tmp_path: Path) -> None:
    """One of the two would win without a word."""
    with pytest.raises(ConfigurationError, match="channel is both set and in clear"):
        made('[[rule]]\nchannel = "stable"\nclear = ["channel"]\n', tmp_path)


@pytest.mark.parametrize("spaces", [[], "apac", [""]])
def test_a_rule_in_python_is_held_to_the_same(spaces: Any) -> None:  # noqa: ANN401 - of no kind that is expected
    """A text is not taken for its letters, and an empty list not for every space."""
    with pytest.raises(ConfigurationError, match="spaces"):
        Rule(name="r", spaces=spaces, frozen=True)
