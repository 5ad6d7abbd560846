"""From options to a plan, and to what must hold before it is written."""

from elastic_mirror_policy._cli.options import Choice, Limits, Wanted
from elastic_mirror_policy._cli.session import selection_of, show_banner
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.planning import Rules
from elastic_mirror_policy.settings import MirrorSettings


def make_plan(
    kibana: Kibana,
    intent: MirrorSettings | Rules,
    choice: Choice,
    wanted: Wanted,
    ca_cert: str | None,
) -> Plan:
    """Return the plan for these options, having said which Kibana it is for."""
    made = kibana.plan(
        intent,
        selection_of(choice),
        check_mirror=wanted.check_mirror,
        mirror_ca_cert=wanted.mirror_ca_cert or ca_cert,
    )
    show_banner(kibana, made.kibana.spaces)
    return made


def guards_of(limits: Limits) -> Guards:
    """Return the guards that the options describe.

    Raises:
        ConfigurationError: A risk does not exist.
    """
    return Guards(
        expect_policies=limits.expect_policies,
        max_policies=limits.max_policies,
        max_agents=limits.max_agents,
        allow=frozenset(limits.allow),
    )
