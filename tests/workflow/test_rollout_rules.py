"""Rules as code: each policy gets what the first rule that matches it says."""

from collections.abc import Iterator
from pathlib import Path

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
    planned,
    roll_back,
)

from elastic_mirror_policy import ALL_SPACES, ConfigurationError, MirrorRules
from elastic_mirror_policy.plan.rules import rules_for
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
    with connected(fake) as kibana:
        skipped = {one.policy_id: one for one in planned(kibana, rules, spaces=ALL_SPACES).skipped}

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
    "unknown table": ('[rules]\nbase_url = "http://m"', "no key 'rules'"),
    "unknown system": ('[[rule]]\n[rule.macos]\nbase_url = "http://m"', "Did you mean 'mac'"),
    "no rule": ("", "no [[rule]]"),
    "not TOML": ("[[rule]\n", "not readable TOML"),
    "nothing set": ('[[rule]]\npolicies = ["*"]', "Rule 1 sets nothing"),
    "a text for a list": ('[[rule]]\npolicies = "*"\nbase_url = "http://m"', "list of texts"),
    "a bad URL": ('[[rule]]\nname = "lab"\nbase_url = "ftp://m"', "lab: The base URL 'ftp://m'"),
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


@pytest.mark.parametrize("data", [b"\xff\xfe", b'[[rule]]\nbase_url = "\xff"'])
def test_rules_that_are_no_text_are_refused(data: bytes, tmp_path: Path) -> None:
    """TOML is UTF-8."""
    (tmp_path / "rules.toml").write_bytes(data)

    with pytest.raises(ConfigurationError, match="not readable TOML"):
        MirrorRules.from_toml(tmp_path / "rules.toml")


def test_missing_rules_are_refused(tmp_path: Path) -> None:
    """With the path."""
    with pytest.raises(ConfigurationError, match=r"none\.toml cannot be read: No such file"):
        MirrorRules.from_toml(tmp_path / "none.toml")
