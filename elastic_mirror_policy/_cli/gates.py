"""From the options of waves and gates to a staged rollout."""

from collections.abc import Mapping

from elastic_mirror_policy._cli.waves import Stages
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError, JournalError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.rollout.gates import HealthGate
from elastic_mirror_policy.rollout.staging import Staging
from elastic_mirror_policy.rollout.waves import Wave


def waves_of(stages: Stages) -> tuple[Wave, ...]:
    """Return the waves that the options describe.

    Raises:
        ConfigurationError: A size cannot be used, or there is no gate that its options could
            be about.
    """
    if stages.tunes_gate and not stages.gate:
        raise ConfigurationError(
            "--gate-timeout, --min-healthy and --on-unhealthy need a gate.",
            hint="Give --gate, too.",
        )
    return tuple(Wave(text) for text in stages.wave)


def staging_for(kibana: Kibana, stages: Stages) -> Staging:
    """Return the waves and the gate that the options describe.

    Raises:
        ConfigurationError: A size cannot be used.
    """
    options = {"kind": "endpoints", "min_healthy": stages.min_healthy}
    return Staging(
        waves=waves_of(stages),
        first=stages.first,
        gate=gate_of(kibana, options) if stages.gate else None,
        gate_options=options if stages.gate else {},
        timeout=stages.gate_timeout,
        on_unhealthy=stages.on_unhealthy,
    )


def gate_of(kibana: Kibana, options: Mapping[str, JsonValue]) -> HealthGate:
    """Return the gate that a journal or the options describe.

    Raises:
        JournalError: What the journal says of it cannot be used.
    """
    share = options.get("min_healthy", 100.0)
    if not isinstance(share, int | float):
        raise JournalError("The journal's gate has no share of healthy endpoints.")
    return kibana.endpoint_gate(min_healthy=share)


def gate_again(kibana: Kibana, journal: Journal) -> HealthGate | None:
    """Return the gate of a journal that is being continued, or None when it had none.

    Raises:
        JournalError: It had a gate that the command line cannot make.
    """
    options = journal.options.get("gate")
    if options is None:
        return None
    if not isinstance(options, dict) or options.get("kind") != "endpoints":
        raise JournalError(
            f"The rollout of {journal.path} had a gate of its own.",
            hint="Continue it from Python, with Kibana.resume(..., gate=...).",
        )
    return gate_of(kibana, options)
