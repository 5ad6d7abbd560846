"""From policies and intent to a plan: what differs, what is risky, what is worth knowing."""

import pytest
from support.documents import defend_policy, policy_value
from support.plans import KIBANA, MIRROR

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.plan.change import Edit, PolicyChange, Setting, Skipped, Unchanged
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import (
    LeftAlone,
    MirrorChecks,
    is_elastic,
    make_plan,
    with_checks,
)
from elastic_mirror_policy.policies.policy import DefendPolicy
from elastic_mirror_policy.settings import (
    CLEAR,
    ArtifactSettings,
    MirrorSettings,
    OperatingSystem,
)

EVERYWHERE = MirrorSettings.everywhere(MIRROR)
LINUX = MirrorSettings(linux=ArtifactSettings(base_url=MIRROR))
DIFFERENT = "The operating systems will have different base URLs:"
SAME = {system.value: {"base_url": MIRROR} for system in OperatingSystem}


def view(document: JsonValue, space: str = "default") -> DefendPolicy:
    """Return the view of a document."""
    return DefendPolicy.from_document(document, space=space)


def only_change(document: JsonValue, wanted: MirrorSettings = EVERYWHERE) -> PolicyChange:
    """Return the one change that a plan for one document has."""
    (change,) = make_plan([view(document)], wanted, KIBANA).changes
    return change


def test_a_change_carries_what_was_read() -> None:
    """Everything that a recheck compares later is in the plan."""
    policy = view(defend_policy("Servers", policy_ids=["a", "b"]), "lab")
    (change,) = make_plan([policy], LINUX, KIBANA).changes

    assert change == PolicyChange(
        policy_id="id-servers",
        name="Servers",
        space="lab",
        version="WzQyLDFd",
        revision=3,
        edits=(Edit(OperatingSystem.LINUX, "artifacts.global.base_url", None, MIRROR, (1, 3)),),
        agent_policies=("a", "b"),
        agents=4,
        warnings=(f"{DIFFERENT} linux {MIRROR}, mac none, windows none.",),
        fingerprint=policy.fingerprint,
    )


def test_every_policy_is_changed_unchanged_or_skipped() -> None:
    """None is lost, and the order is that of space, name and id."""
    policies = [
        view(defend_policy("b"), "z"),
        view(defend_policy("same", settings=SAME)),
        view(defend_policy("broken", inputs=[])),
        view(defend_policy("b", id="id-b2"), "a"),
        view(defend_policy("a", id="2"), "z"),
        view(defend_policy("a", id="1"), "z"),
    ]
    plan = make_plan(policies, EVERYWHERE, KIBANA, notes=["n"])

    assert [(c.space, c.name, c.policy_id) for c in plan.changes] == [
        ("a", "b", "id-b2"),
        ("z", "a", "1"),
        ("z", "a", "2"),
        ("z", "b", "id-b"),
    ]
    assert plan.unchanged == (
        Unchanged(
            "id-same",
            "same",
            "default",
            tuple(
                Setting(system, "artifacts.global.base_url", MIRROR) for system in OperatingSystem
            ),
        ),
    )
    assert plan.skipped == (
        Skipped("id-broken", "broken", "Its first input is not of type 'endpoint'."),
    )
    assert (plan.kibana, plan.notes, plan.purpose) == (KIBANA, ("n",), "apply")


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ({"base_url": MIRROR}, {"base_url": MIRROR}),
        ({"interval": 60}, {"interval": "60"}),
        ({"interval": "60"}, {"interval": 60}),
        ({"proxy_disable": True}, {"proxy_disable": "true"}),
        ({"proxy_disable": "false"}, {"proxy_disable": False}),
        ({}, {"base_url": CLEAR}),
    ],
)
def test_what_means_the_same_is_not_written(
    stored: dict[str, JsonValue], wanted: dict[str, JsonValue]
) -> None:
    """Every write redeploys to all agents, so a number is not replaced by its text."""
    settings = MirrorSettings(mac=ArtifactSettings(**wanted))
    plan = make_plan([view(defend_policy(settings={"mac": stored}))], settings, KIBANA)

    assert (len(plan.changes), len(plan.unchanged)) == (0, 1)


@pytest.mark.parametrize(
    ("stored", "wanted", "edit"),
    [
        (None, MIRROR, (None, MIRROR, (1, 3))),
        ({}, MIRROR, (None, MIRROR, (3, 3))),
        ({"base_url": "https://old"}, MIRROR, ("https://old", MIRROR, (3, 3))),
        ({"base_url": MIRROR + "/"}, MIRROR, (MIRROR + "/", MIRROR, (3, 3))),
        ({"base_url": ""}, MIRROR, ("", MIRROR, (3, 3))),
        ({"base_url": ""}, CLEAR, ("", None, (3, 0))),
        ({"base_url": True}, MIRROR, (True, MIRROR, (3, 3))),
    ],
)
def test_an_edit_names_before_and_after_and_the_parents(
    stored: dict[str, JsonValue] | None, wanted: JsonValue, edit: tuple[JsonValue, ...]
) -> None:
    """Absence is a value: a rollback puts back exactly the parents that there were."""
    document = defend_policy(settings=None if stored is None else {"mac": stored})
    change = only_change(document, MirrorSettings(mac=ArtifactSettings(base_url=wanted)))

    assert change.edits == (Edit(OperatingSystem.MAC, "artifacts.global.base_url", *edit),)


def test_a_system_without_a_block_is_skipped() -> None:
    """A block is never made up for an operating system that a policy does not have."""
    document = defend_policy()
    del policy_value(document)["mac"]
    plan = make_plan([view(document)], EVERYWHERE, KIBANA)
    other = make_plan([view(document)], LINUX, KIBANA)

    assert plan.skipped[0].reason == "It has no settings for mac at all."
    assert not plan.skipped[0].intended
    assert len(other.changes) == 1


@pytest.mark.parametrize("wanted", [LINUX, MirrorSettings(linux=ArtifactSettings(base_url=CLEAR))])
def test_a_credential_never_enters_a_plan(wanted: MirrorSettings) -> None:
    """A policy that holds one in a key to be changed is left to a person."""
    secret = "https://user:secret@old.corp"
    document = defend_policy(settings={"linux": {"base_url": secret}})
    plan = make_plan([view(document)], wanted, KIBANA)

    assert plan.skipped[0].reason == (
        "linux.advanced.artifacts.global.base_url holds credentials, which are never stored in a "
        "plan; change this key by hand."
    )
    assert "secret" not in plan.to_json()


def test_a_credential_in_a_key_that_stays_never_enters_a_warning() -> None:
    """The other systems' URLs are named in a warning, but not their passwords."""
    secret = "https://user:secret@old.corp"
    change = only_change(defend_policy(settings={"mac": {"base_url": secret}}), LINUX)

    assert change.warnings == (
        f"{DIFFERENT} linux {MIRROR}, mac <a URL with credentials, not shown>, windows none.",
    )


class Frozen:
    """Rules that leave one policy alone."""

    def __init__(self, would_be: MirrorSettings | None) -> None:
        self.would_be = would_be

    def settings_for(self, policy: DefendPolicy) -> MirrorSettings | LeftAlone:
        """Return the mirror for every policy but the frozen one."""
        if policy.name == "frozen":
            return LeftAlone("It is frozen.", self.would_be)
        return LINUX


@pytest.mark.parametrize(
    ("would_be", "reason"),
    [
        (None, "It is frozen."),
        (EVERYWHERE, "It is frozen. (3 keys differ)"),
        (LINUX, "It is frozen. (1 key differs)"),
        (MirrorSettings(linux=ArtifactSettings(base_url=CLEAR)), "It is frozen. (nothing differs)"),
    ],
)
def test_rules_may_leave_a_policy_alone(would_be: MirrorSettings | None, reason: str) -> None:
    """It is counted as asked for, with what it would have been."""
    policies = [view(defend_policy(name)) for name in ("frozen", "other")]
    plan = make_plan(policies, Frozen(would_be), KIBANA)

    assert plan.skipped == (Skipped("id-frozen", "frozen", reason, intended=True),)
    assert [change.name for change in plan.changes] == ["other"]


BROKEN = MirrorChecks(unhealthy={MIRROR: "No manifest is there."})
ELASTIC = MirrorSettings.everywhere("https://Artifacts.Security.Elastic.co/x")
CLEARED = MirrorSettings.everywhere(CLEAR)


@pytest.mark.parametrize(
    ("wanted", "checks", "outer", "pin", "risks"),
    [
        (EVERYWHERE, MirrorChecks(), {}, "latest", ()),
        (EVERYWHERE, BROKEN, {}, "latest", ("unhealthy-mirror",)),
        (LINUX, BROKEN, {}, "2026-01-31", ("pinned", "unhealthy-mirror")),
        (EVERYWHERE, MirrorChecks(), {"is_managed": True}, "latest", ("managed",)),
        (ELASTIC, BROKEN, {}, "latest", ("elastic-cdn",)),
        (CLEARED, BROKEN, {"is_managed": True}, "2026-01-31", ("clear", "managed", "pinned")),
        (MirrorSettings.everywhere(interval=CLEAR), BROKEN, {}, "latest", ()),
        (MirrorSettings.everywhere(channel="rapid"), BROKEN, {}, "latest", ()),
    ],
)
def test_a_risk_is_named_where_it_is(
    wanted: MirrorSettings,
    checks: MirrorChecks,
    outer: dict[str, JsonValue],
    pin: str,
    risks: tuple[str, ...],
) -> None:
    """Only base URLs lead endpoints elsewhere; a pin or a manager concerns every key."""
    settings = {s.value: {"base_url": "https://old", "interval": "1"} for s in OperatingSystem}
    document = defend_policy(settings=settings, **outer)
    policy_value(document)["global_manifest_version"] = pin
    (change,) = with_checks(make_plan([view(document)], wanted, KIBANA).changes, checks)

    assert change.risks == risks


@pytest.mark.parametrize(
    ("wanted", "warnings"),
    [
        (EVERYWHERE, ()),
        (
            MirrorSettings.everywhere("http://mirror.corp"),
            ("http://mirror.corp uses plain HTTP: downloads can be read and changed in transit.",),
        ),
        (
            MirrorSettings.everywhere("HTTP://mirror.corp"),
            ("HTTP://mirror.corp uses plain HTTP: downloads can be read and changed in transit.",),
        ),
        (MirrorSettings.everywhere(MIRROR, proxy_url="http://proxy.corp:3128"), ()),
        (
            MirrorSettings.everywhere("https://unchecked"),
            ("The mirror https://unchecked was not checked: No route.",),
        ),
        (
            MirrorSettings.everywhere("https://broken"),
            ("The mirror https://broken is unhealthy: No manifest is there.",),
        ),
        (
            MirrorSettings(
                linux=ArtifactSettings(base_url="https://b"),
                mac=ArtifactSettings(base_url="https://a"),
                windows=ArtifactSettings(interval=1),
            ),
            (f"{DIFFERENT} linux https://b, mac https://a, windows none.",),
        ),
        (
            MirrorSettings.everywhere(MIRROR, manifest_relative_url="/x.zip"),
            tuple(
                f"{system} has a literal manifest_relative_url: every endpoint version will ask "
                "for the same manifest."
                for system in ("linux", "mac", "windows")
            ),
        ),
        (CLEARED, ()),
    ],
)
def test_a_warning_is_given_where_it_is_due(
    wanted: MirrorSettings, warnings: tuple[str, ...]
) -> None:
    """What is worth knowing blocks nothing, and always comes in the same order."""
    checks = MirrorChecks(
        unhealthy={"https://broken": "No manifest is there."},
        unchecked={"https://unchecked": "No route."},
    )
    settings = {} if wanted is not CLEARED else SAME
    policy = view(defend_policy(settings=settings))
    (change,) = with_checks(make_plan([policy], wanted, KIBANA).changes, checks)

    assert change.warnings == warnings


@pytest.mark.parametrize(
    ("features", "warns"),
    [
        ("", False),
        (" ", False),
        ("lookup, artifacts-update ,x", False),
        ("artifacts-update", False),
        ("lookup", True),
        ("artifacts-updates", True),
        (None, False),
    ],
)
def test_cloud_features_without_the_update_word_are_a_warning(
    features: JsonValue, warns: JsonValue
) -> None:
    """Since 8.18 such a policy downloads from no server, ours included."""
    document = defend_policy(settings=SAME)
    policy_value(document)["mac"]["advanced"]["allow_cloud_features"] = features
    change = only_change(document, MirrorSettings.everywhere(interval=60))
    expected = (
        f"mac has allow_cloud_features {features!r} without 'artifacts-update': its endpoints may "
        "not update artifacts from any server."
    )

    assert change.warnings == ((expected,) if warns else ())


def test_a_setting_written_with_dots_is_a_warning() -> None:
    """It looks right in the document, and no endpoint reads it."""
    document = defend_policy()
    policy_value(document)["linux"]["advanced"] |= {
        "artifacts.global.interval": "1",
        "artifacts.global.base_url": MIRROR,
    }

    (warning,) = only_change(document).warnings

    assert warning == (
        "linux has artifacts.global.base_url, artifacts.global.interval written with dots under "
        "advanced, which no endpoint reads."
    )


def test_only_systems_that_change_are_warned_about() -> None:
    """A literal manifest path on Windows is nobody's news when only Linux changes."""
    settings = {
        "windows": {"base_url": MIRROR, "manifest_relative_url": "/x"},
        "mac": {"base_url": MIRROR},
    }

    assert only_change(defend_policy(settings=settings), LINUX).warnings == ()


def test_a_plan_of_nothing_is_empty() -> None:
    """It is no error here; an empty selection is one where policies are read."""
    assert make_plan([], EVERYWHERE, KIBANA) == Plan(kibana=KIBANA, changes=())


@pytest.mark.parametrize(
    ("url", "elastic"),
    [
        ("https://artifacts.security.elastic.co", True),
        ("https://ARTIFACTS.security.elastic.co:443/x", True),
        ("https://artifacts.security.elastic.co./x", True),
        ("https://artifacts.security.elastic.co.corp", False),
        ("https://mirror.corp//artifacts.security.elastic.co", False),
        ("https://artifacts.security.elastic.company", False),
    ],
)
def test_the_host_name_tells_whose_server_it_is(url: str, *, elastic: bool) -> None:
    """A mirror may have Elastic's name in its own, or in its path."""
    assert is_elastic(url) is elastic
