"""Plans, changes and outcomes to render and to check, made in one line each."""

from typing import Any

from elastic_mirror_policy._json import Scalar
from elastic_mirror_policy.plan.change import Edit, KibanaInfo, PolicyChange
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.rollout.outcome import Outcome, OutcomeKind
from elastic_mirror_policy.settings import KEY_PREFIX, OperatingSystem

MIRROR = "https://mirror.corp"
KIBANA = KibanaInfo("https://kibana.corp:5601", "9.1.3", ("default",))


def edit(
    after: Scalar | None = MIRROR,
    before: Scalar | None = None,
    *,
    os: str = "linux",
    key: str = "base_url",
) -> Edit:
    """Return one edit; without arguments it sets the base URL of Linux."""
    return Edit(OperatingSystem(os), KEY_PREFIX + key, before, after)


def change(name: str = "Servers", *edits: Edit, **facts: Any) -> PolicyChange:  # noqa: ANN401 - the fields of a change
    """Return the change of one policy with 4 agents."""
    return PolicyChange(
        **{
            "policy_id": f"id-{name}",
            "name": name,
            "space": "default",
            "version": "WzEsMV0=",
            "revision": 3,
            "edits": edits or (edit(),),
            "agents": 4,
            **facts,
        }
    )


def plan(*changes: PolicyChange, **facts: Any) -> Plan:  # noqa: ANN401 - the fields of a plan
    """Return a plan for one Kibana with the default space."""
    return Plan(**{"kibana": KIBANA, "changes": changes, **facts})


def outcome(name: str = "Servers", kind: str = "succeeded", **facts: Any) -> Outcome:  # noqa: ANN401 - the fields of an outcome
    """Return what happened to one policy."""
    return Outcome(
        **{
            "policy_id": f"id-{name}",
            "name": name,
            "space": "default",
            "outcome": OutcomeKind(kind),
            **facts,
        }
    )
