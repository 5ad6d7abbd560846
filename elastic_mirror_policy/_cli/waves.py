"""Options of waves and gates."""

from typing import NamedTuple

import click

from elastic_mirror_policy._cli.durations import Duration, Percent
from elastic_mirror_policy._cli.options import collected

DEFAULTS = (5400.0, 100.0, "stop")
"""How a gate is asked when nothing is said about it, as its options have it."""


class Stages(NamedTuple):
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
        help="Policy to write first, by name or id.",
    ),
    click.option(
        "--gate", is_flag=True, help="After each wave, wait until its endpoints have applied it."
    ),
    click.option(
        "--gate-timeout",
        type=Duration(),
        default="90m",
        show_default=True,
        metavar="TIME",
        help="How long to wait for a gate that is inconclusive.",
    ),
    click.option(
        "--min-healthy",
        type=Percent(),
        default="100%",
        show_default=True,
        metavar="SHARE",
        help="Share of the reachable endpoints that must be healthy.",
    ),
    click.option(
        "--on-unhealthy",
        type=click.Choice(["stop", "rollback"]),
        default="stop",
        show_default=True,
        help="After an unhealthy wave: stop, or undo what this rollout wrote.",
    ),
)
