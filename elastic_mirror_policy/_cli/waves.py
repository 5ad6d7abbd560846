"""Options of waves and gates, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass

import click

from elastic_mirror_policy._cli.durations import Duration, Percent
from elastic_mirror_policy._cli.options import collected
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy.errors import ConfigurationError, JournalError
from elastic_mirror_policy.journal.journal import Journal
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.rollout.gates import HealthGate
from elastic_mirror_policy.rollout.staging import ON_UNHEALTHY, Staging
from elastic_mirror_policy.rollout.waves import Wave

DEFAULTS = (5400.0, 100.0, "stop")
"""How a gate is asked when nothing is said about it, as its options have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """How a rollout is cut into waves, as the command line says it."""

    wave: tuple[str, ...]
    first: tuple[str, ...]
    gate: bool
    gate_timeout: float
    min_healthy: float
    on_unhealthy: str

    @property
    def tunes_gate(self) -> bool:
        """Whether something is asked of a gate that it would not do by itself."""
        return (self.gate_timeout, self.min_healthy, self.on_unhealthy) != DEFAULTS


wave_options = collected(
    Stages,
    "stages",
    click.option(
        "--wave",
        multiple=True,
        metavar="SIZE",
        help="Write in waves: 1, 10% or rest; give it once for each wave.",
    ),
    click.option(
        "--first",
        multiple=True,
        metavar="NAME",
        help="Policy, by name or id, that is written first; several.",
    ),
    click.option("--gate", is_flag=True, help="After each wave, wait until its endpoints took it."),
    click.option(
        "--gate-timeout",
        type=Duration(),
        default="90m",
        show_default=True,
        metavar="TIME",
        help="How long an inconclusive gate is waited for.",
    ),
    click.option(
        "--min-healthy",
        type=Percent(),
        default="100%",
        show_default=True,
        metavar="SHARE",
        help="Share of the reachable endpoints that must be well.",
    ),
    click.option(
        "--on-unhealthy",
        type=click.Choice(ON_UNHEALTHY),
        default="stop",
        show_default=True,
        help="What an unhealthy wave leads to: stop, or undo what this rollout wrote.",
    ),
)


def waves_of(stages: Stages) -> tuple[Wave, ...]:
    """Return the waves that the options describe.

    Raises:
        ConfigurationError: A size cannot be used, a gate has no waves, or there is no gate that
            its options could be about.
    """
    if stages.gate and not stages.wave:
        raise ConfigurationError("--gate stands between waves.", hint="Give --wave, too.")
    if stages.tunes_gate and not stages.gate:
        raise ConfigurationError(
            "--gate-timeout, --min-healthy and --on-unhealthy are about a gate.",
            hint="Give --gate, too.",
        )
    return tuple(Wave(text) for text in stages.wave)


def staging_for(kibana: Kibana, stages: Stages) -> Staging:
    """Return the waves and the gate that the options describe.

    Raises:
        ConfigurationError: A size cannot be used, or a gate has no waves.
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
            f"The rollout of {journal.path} had a gate of its own between its waves.",
            hint="Continue it from Python, with Kibana.resume(..., gate=...).",
        )
    return gate_of(kibana, options)
