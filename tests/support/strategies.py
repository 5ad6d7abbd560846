"""Hypothesis strategies: hostile text, policy documents, intent, plans and reports."""

from typing import Any, Final

from hypothesis import strategies as st
from support.documents import defend_policy, policy_value
from support.pem import pem

from elastic_mirror_policy._json import JsonValue, Scalar
from elastic_mirror_policy.plan.change import Edit, KibanaInfo, PolicyChange, Skipped, Unchanged
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.settings import (
    CHANNELS,
    CLEAR,
    KEY_PREFIX,
    MANAGED_KEYS,
    ArtifactSettings,
    MirrorSettings,
    OperatingSystem,
)

ATTACKS: Final = (
    "\x1b[2J\x1b[31mred",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "a\nb\r\nc\rd",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "\u2028line\u2029paragraph",
    "\ud800lone surrogate",
    "\x9b31mC1",
    "<script>alert(1)</script>",
    "<!-- --><b onclick=x>",
    "\"><img src=x onerror='y'>",
    "</code></td></table>",
    "&lt;&amp;",
    "[link](https://evil.example)",
    "![image](https://evil.example/x.png)",
    "<https://evil.example>",
    "https://evil.example www.evil.example a@evil.example",
    "@everyone #1 !2 GH-3 user/repo@0123456",
    "`code` ``` ``two`` `",
    "```\n# heading",
    "# heading",
    "1. one",
    "- item",
    "> quote",
    "| a | b |\n|---|---|",
    "***bold*** __u__ ~~s~~",
    "---",
    "\\`x\\",
    "[ref]: https://evil.example",
    "--- a/x\n+++ b/x\n@@ -1 +1 @@",
    "(not set)",
    "\u540d\u524d\uff21",
    " ",
    "",
)
"""Names and values that would be more than text to a terminal, a browser or a renderer."""

hostile: Final = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(max_size=30),
    st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=4).map("".join),
    st.text(alphabet="`\\|<>&\"'[]()!*_#@:/.\x1b\x00\n\r\t\u202e\u200b 1a", max_size=40),
    st.text(alphabet="ab", min_size=150, max_size=300),
)
"""Any text, and often text that means something to a renderer."""

names: Final = st.text(min_size=1, max_size=10)
systems: Final = st.sampled_from(OperatingSystem)
keys: Final = st.sampled_from(MANAGED_KEYS)

scalars: Final[st.SearchStrategy[Scalar]] = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
)
"""What a managed key may hold in a document."""

json_values: Final[st.SearchStrategy[JsonValue]] = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)

hosts: Final = st.sampled_from(["mirror.corp", "a", "10.0.0.33", "[2001:db8::1]", "b-1.example"])
base_urls: Final = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    hosts,
    st.sampled_from(["", ":8080"]),
    st.sampled_from(["", "/mirror", "/a/b"]),
)


def artifact_settings() -> st.SearchStrategy[ArtifactSettings]:
    """Settings of one operating system that can be used, `CLEAR` among them."""
    one_line = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)
    pems = st.sampled_from([pem(), pem(size=300), pem(end="\r\n")])
    public_keys = st.sampled_from([pem("PUBLIC KEY"), pem("RSA PUBLIC KEY", size=270)])
    wanted = {
        "base_url": base_urls,
        "manifest_relative_url": one_line.map("/{}".format),
        "ca_cert": pems,
        "public_key": public_keys,
        "interval": st.integers(1, 10**6),
        "proxy_url": base_urls,
        "proxy_disable": st.booleans(),
        "channel": st.sampled_from(CHANNELS),
    }
    either = {key: st.none() | st.just(CLEAR) | found for key, found in wanted.items()}
    return st.builds(ArtifactSettings, **either)


@st.composite
def mirror_settings(draw: st.DrawFn) -> MirrorSettings:
    """Intent for one to three operating systems, with at least one key to set or remove."""
    chosen = draw(st.sets(systems, min_size=1))
    settings = {system.value: draw(artifact_settings()) for system in sorted(chosen)}
    first = min(settings)
    if not any(True for found in settings.values() for _ in found.items()):
        settings[first] = ArtifactSettings(base_url=draw(base_urls))
    return MirrorSettings(**settings)


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, JsonValue]:
    """The block of one operating system, with any number of the managed parents."""
    block: dict[str, JsonValue] = {"events": {"process": True}}
    depth = draw(st.integers(0, 3))
    node = block
    for name in ("advanced", "artifacts", "global")[:depth]:
        node[name] = draw(st.dictionaries(st.sampled_from(["kept", "other"]), scalars, max_size=1))
        node = node[name]
    if depth == 3:
        node.update(draw(st.dictionaries(keys, scalars)))
    return block


@st.composite
def documents(draw: st.DrawFn, name: st.SearchStrategy[str] = names) -> JsonValue:
    """A package policy that can be edited, as it stands after years of editing by hand."""
    found = defend_policy(name=draw(name))
    found["id"] = f"id-{draw(st.integers(0, 10**9))}"
    found["agents"] = draw(st.none() | st.integers(0, 1000))
    for system in OperatingSystem:
        policy_value(found)[system.value] = draw(blocks())
    return found


def edits(values: st.SearchStrategy[Scalar] = scalars) -> st.SearchStrategy[Edit]:
    """One edit of a managed key, from absence to absence too."""
    parents = st.integers(0, 3)
    return st.builds(
        Edit,
        systems,
        keys.map(KEY_PREFIX.__add__),
        st.none() | values,
        st.none() | values,
        st.tuples(parents, parents),
    )


def changes(
    text: st.SearchStrategy[str], values: st.SearchStrategy[Scalar] = scalars
) -> st.SearchStrategy[PolicyChange]:
    """One change, with `text` wherever Kibana or a person decides the text."""
    return st.builds(
        PolicyChange,
        policy_id=text,
        name=text,
        space=text,
        version=text,
        revision=st.integers(0, 1000),
        edits=st.lists(
            edits(values), min_size=1, max_size=3, unique_by=lambda edit: (edit.os, edit.key)
        ).map(tuple),
        agent_policies=st.lists(text, max_size=2).map(tuple),
        agents=st.none() | st.integers(0, 10_000),
        warnings=st.lists(text, max_size=2).map(tuple),
        risks=st.lists(text | st.sampled_from(["clear", "pinned"]), max_size=2).map(tuple),
        fingerprint=text,
    )


def plan_of_each_once(
    changes: list[PolicyChange],
    unchanged: list[Unchanged],
    skipped: list[Skipped],
    **more: Any,  # noqa: ANN401 - other fields of a plan
) -> Plan:
    """Return a plan in which no policy is named twice."""
    seen: set[str] = set()

    def first(policy_id: str) -> bool:
        new = policy_id not in seen
        seen.add(policy_id)
        return new

    return Plan(
        changes=tuple(one for one in changes if first(one.policy_id)),
        unchanged=tuple(one for one in unchanged if first(one.policy_id)),
        skipped=tuple(one for one in skipped if first(one.policy_id)),
        **more,
    )


def plans(
    text: st.SearchStrategy[str], values: st.SearchStrategy[Scalar] = scalars
) -> st.SearchStrategy[Plan]:
    """A plan, with `text` wherever Kibana or a person decides the text."""
    return st.builds(
        plan_of_each_once,
        kibana=st.builds(KibanaInfo, text, text, st.lists(text, max_size=3).map(tuple)),
        changes=st.lists(
            changes(text, values), max_size=4, unique_by=lambda change: change.policy_id
        ),
        unchanged=st.lists(st.builds(Unchanged, text, text, text), max_size=2),
        skipped=st.lists(
            st.builds(Skipped, text, text, text, text, intended=st.booleans()), max_size=3
        ),
        purpose=st.sampled_from(["apply", "rollback"]),
        notes=st.lists(text, max_size=2).map(tuple),
    )


def reports(text: st.SearchStrategy[str]) -> st.SearchStrategy[Report]:
    """A report, with `text` wherever Kibana or a person decides the text."""
    revisions = st.none() | st.integers(0, 1000)
    outcomes = st.builds(
        Outcome,
        policy_id=text,
        name=text,
        space=text,
        outcome=st.sampled_from(OutcomeKind),
        revision_before=revisions,
        revision_after=revisions,
        error=st.none() | text,
        agents=revisions,
        notes=st.lists(text, max_size=2).map(tuple),
        intended=st.booleans(),
        written=st.booleans(),
    )
    plain = {
        "journal": text,
        "outcomes": st.lists(outcomes, max_size=5).map(tuple),
        "requests": st.integers(0, 10_000),
        "stopped": st.just("") | text,
    }
    return st.builds(Report, **plain, rollback=st.none() | st.builds(Report, **plain))
