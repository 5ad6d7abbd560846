"""`endpoints`: does every endpoint run what its mirror publishes?"""

from typing import NamedTuple

import click

from elastic_mirror_policy._cli.durations import Duration
from elastic_mirror_policy._cli.metrics import keep_metrics, metrics_option
from elastic_mirror_policy._cli.options import (
    Choice,
    Connection,
    ca_option,
    collected,
    connection_options,
    format_option,
    selection_options,
)
from elastic_mirror_policy._cli.sections import Command
from elastic_mirror_policy._cli.values import base_url, time_span


class Elasticsearch(NamedTuple):
    """Which Elasticsearch is asked for reports, as far as the command line says."""

    elasticsearch_url: str | None
    elasticsearch_api_key_file: str | None
    elasticsearch_ca_cert: str | None

    def filled(self, ca_cert: str | None) -> tuple[str | None, str | None, str | None]:
        """Return its URL, a key and the file of CAs; the environment fills what no option says.

        Raises:
            ConfigurationError: The file of the key cannot be read.
        """
        from elastic_mirror_policy._cli.environment import Environment
        from elastic_mirror_policy._cli.secrets import read_secret

        environment = Environment()
        url = self.elasticsearch_url or environment.elasticsearch_url
        key = read_secret(self.elasticsearch_api_key_file)
        return (
            url or None,
            key or environment.elasticsearch_api_key.get_secret_value() or None,
            self.elasticsearch_ca_cert or (ca_cert if url.startswith("https:") else None),
        )


elasticsearch_options = collected(
    Elasticsearch,
    "elasticsearch",
    click.option(
        "--elasticsearch-url",
        metavar="URL",
        help="Ask Elasticsearch instead of Kibana for reports. [ELASTICSEARCH_URL]",
    ),
    click.option(
        "--elasticsearch-api-key-file",
        metavar="FILE",
        help="File that holds its API key; - is standard input. [ELASTICSEARCH_API_KEY]",
    ),
    ca_option("Elasticsearch"),
)


@click.command("endpoints", cls=Command)
@selection_options
@click.option(
    "--mirror",
    type=base_url("The mirror's URL"),
    metavar="URL",
    help="The mirror's URL as you reach it, if endpoints use another name.",
)
@ca_option("the mirror")
@click.option(
    "--synced-at",
    metavar="TIME|DIR",
    help="When the mirror got what it publishes, such as 2026-01-05T12:00Z, or its folder.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="FILE",
    help="Access log of the mirror: say who was delivered to; - is standard input.",
)
@elasticsearch_options
@click.option(
    "--window",
    type=time_span("--window"),
    default="30d",
    show_default=True,
    metavar="TIME",
    help="How far back to look for reports.",
)
@click.option(
    "--wait",
    type=Duration(),
    metavar="TIME",
    help="Look again until all are current, for up to this long, such as 90m.",
)
@click.option(
    "--interval",
    type=Duration(),
    default="60s",
    show_default=True,
    metavar="TIME",
    help="Time between two looks with --wait.",
)
@metrics_option
@format_option("csv")
@connection_options
def command(
    *,
    choice: Choice,
    mirror: str | None,
    mirror_ca_cert: str | None,
    synced_at: str | None,
    logs: tuple[str, ...],
    elasticsearch: Elasticsearch,
    window: str,
    wait: float | None,
    interval: float,
    metrics: str | None,
    form: str,
    connection: Connection,
) -> int:
    """Report whether each endpoint runs what its mirror publishes.

    Each endpoint is compared with the mirror that its own policy names for its operating system. A
    matching version does not prove which server delivered it.

    \b
    Example:
      elastic-mirror-policy endpoints --name 'EMEA *' --wait 90m

    \b
    Exit codes:  0 all are current   2 some are not   1 could not tell
    """
    from elastic_mirror_policy._cli.output import show_value
    from elastic_mirror_policy._cli.progress import progress_shown
    from elastic_mirror_policy._cli.session import open_kibana, selection_of, show_banner
    from elastic_mirror_policy._cli.waiting import look_until
    from elastic_mirror_policy.endpoints.read import EndpointReport

    url, key, es_ca_cert = elasticsearch.filled(connection.ca_cert)
    selection = selection_of(choice)
    with open_kibana(connection) as kibana:
        show_banner(kibana, kibana.asked_spaces())

        def look() -> EndpointReport:
            with progress_shown() as progress:
                return kibana.endpoints(
                    selection,
                    mirror=mirror,
                    mirror_ca_cert=mirror_ca_cert or connection.ca_cert,
                    synced_at=synced_at,
                    logs=logs or None,
                    elasticsearch_url=url,
                    elasticsearch_api_key=key,
                    elasticsearch_ca_cert=es_ca_cert,
                    window=window,
                    progress=progress,
                )

        report = look_until(look, wait, interval)
    if form == "json":
        for part in report.json_parts():  # a large fleet is not put together in memory
            click.echo(part, nl=False)
    else:
        show_value(report, form)
    return keep_metrics(metrics, report, report.exit_code)
