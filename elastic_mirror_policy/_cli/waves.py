"""Options of waves and gates."""

from typing import TYPE_CHECKING, NamedTuple

import click

from elastic_mirror_policy._cli.durations import Duration, Percent
from elastic_mirror_policy._cli.options import collected

if TYPE_CHECKING:
    from elastic_mirror_policy.rollout.waves import Wave


class WaveSize(click.ParamType["Wave"]):
    """The size of a wave, such as `1`, `10%` or `rest`."""

    name = "wave"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> "Wave":
        """Return the wave.

        Raises:
            ConfigurationError: It is not the size of a wave.
        """
        from elastic_mirror_policy.rollout.waves import Wave

        del param, ctx
        return Wave(str(value))


class Stages(NamedTuple):
    """How a rollout is cut into waves, and how its gate is asked; by default there is none."""

    wave: "tuple[Wave, ...]" = ()
    first: tuple[str, ...] = ()
    gate: bool = False
    gate_timeout: float = 5400.0
    min_healthy: float = 100.0
    on_unhealthy: str = "stop"

    def check(self) -> None:
        """Check that there is a gate where its options are given.

        Raises:
            ConfigurationError: There is none.
        """
        if not self.gate and self._replace(wave=(), first=()) != AT_ONCE:
            from elastic_mirror_policy.errors import ConfigurationError

            raise ConfigurationError(
                "--gate-timeout, --min-healthy and --on-unhealthy need a gate.",
                hint="Give --gate, too.",
            )


AT_ONCE = Stages()
"""Everything at once, and no gate."""

wave_options = collected(
    Stages,
    "stages",
    click.option(
        "--wave",
        type=WaveSize(),
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
