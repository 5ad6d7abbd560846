"""`--metrics FILE`: what a command found, as figures for Prometheus."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from elastic_mirror_policy.metrics.samples import Measured


def need_library(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Return the name of the file; what is needed to write it is there.

    Raises:
        ConfigurationError: The package `prometheus_client` is not installed.
    """
    if value is None or ctx.resilient_parsing:
        return value
    from elastic_mirror_policy.errors import ConfigurationError

    try:
        import prometheus_client  # noqa: F401 - whether it is there is asked before the work
    except ModuleNotFoundError as exc:
        raise ConfigurationError(
            "--metrics needs the package prometheus_client.",
            hint="Install it with: pip install prometheus_client (it is the extra [metrics]).",
        ) from exc
    return value


metrics_option = click.option(
    "--metrics",
    metavar="FILE",
    callback=need_library,
    help="Also write figures for Prometheus, such as defend.prom for the node exporter.",
)


def keep_metrics(path: str | None, found: "Measured", code: int) -> int:
    """Write the figures of what a command found, where they are wanted; return its exit code.

    Raises:
        MirrorPolicyError: The file cannot be written.
    """
    if path is not None:
        import time

        from elastic_mirror_policy.metrics.samples import samples_of
        from elastic_mirror_policy.metrics.textfile import write_metrics

        write_metrics(path, samples_of(found, exit_code=code, now=time.time()))
    return code
