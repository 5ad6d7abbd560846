"""From options, environment and file to a connected Kibana, and the banner that names it."""

import logging
import sys
import time
from datetime import UTC, datetime
from typing import TextIO

import click

from elastic_mirror_policy._cli.options import Choice, Connection, is_quiet
from elastic_mirror_policy._cli.progress import reading_shown
from elastic_mirror_policy._cli.sources import Sources, sources_of
from elastic_mirror_policy._cli.terminal import wrapped
from elastic_mirror_policy._http.connections import PUBLIC_CAS
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.plan.change import KibanaInfo
from elastic_mirror_policy.plan.view import kibana_banner
from elastic_mirror_policy.policies.inventory import ALL_SPACES, Spaces
from elastic_mirror_policy.policies.selection import Selection

BANNER = "elastic_mirror_policy.banner"
"""Where it is kept, for the time of a command, which Kibana the banner has named."""


def open_kibana(connection: Connection) -> Kibana:
    """Return Kibana as options and environment describe it; nothing is sent yet.

    Raises:
        ConfigurationError: Something is missing or cannot be used.
    """
    set_up_logging(connection.verbose)
    return connect(connection, sources_of(connection))


def connect(connection: Connection, sources: Sources) -> Kibana:
    """Return the Kibana that the sources of a connection describe; nothing is sent yet.

    Raises:
        ConfigurationError: Something is missing or cannot be used.
    """
    if connection.kibana and sources.url.value and not sources.of_profile:
        section = f"[kibana.{connection.kibana}]"
        say(f"The URL is that of {sources.url.source}, which wins over {section}.")
    return Kibana(
        sources.url.value,
        api_key=sources.api_key.value or None,
        username=sources.username.value or None,
        password=sources.password.value or None,
        spaces=chosen_spaces(connection, sources.space.value),
        ca_cert=_authorities(sources),
        client_cert=client_certificate(connection),
        timeout=connection.timeout,
        reading=reading_shown(),
    )


def _authorities(sources: Sources) -> tuple[str, ...]:
    """Return the files of CAs for Kibana; a file that is named for Kibana is trusted alone."""
    public = (PUBLIC_CAS,) if sources.trusted and sources.trusts_public else ()
    return (*public, *sources.trusted)


def chosen_spaces(connection: Connection, otherwise: str) -> Spaces:
    """Return the spaces that are named, or None for the default space.

    Raises:
        ConfigurationError: Both some spaces and all spaces are named.
    """
    if connection.all_spaces:
        if connection.space:
            raise ConfigurationError("Give either --space or --all-spaces.")
        return ALL_SPACES
    if connection.space:
        return list(connection.space)
    return [otherwise] if otherwise else None


def client_certificate(connection: Connection) -> str | tuple[str, str] | None:
    """Return the client certificate as the HTTP stack wants it.

    Raises:
        ConfigurationError: A key without a certificate was given.
    """
    if connection.client_key and not connection.client_cert:
        raise ConfigurationError("--client-key needs --client-cert.")
    if connection.client_cert and connection.client_key:
        return connection.client_cert, connection.client_key
    return connection.client_cert


def selection_of(choice: Choice) -> Selection:
    """Return the selection that the options describe.

    Raises:
        ConfigurationError: One of the texts is empty.
    """
    return Selection(
        names=choice.name or None,
        exclude=choice.exclude or None,
        ids=choice.id or None,
        agent_policies=choice.agent_policy or None,
    )


def show_banner(kibana: Kibana, spaces: tuple[str, ...]) -> None:
    """Say on standard error which Kibana this is; never a credential."""
    named = KibanaInfo(kibana.url, kibana.version, spaces)
    listed = ", ".join(spaces)
    word = "space" if len(spaces) == 1 else "spaces"
    say(f"Kibana {kibana.url}, version {kibana.version}, {word} {listed}")
    if kibana.complaint:
        say(kibana.complaint)
    click.get_current_context().meta[BANNER] = kibana_banner(named)


def say(message: str, *, whole: bool = False) -> None:
    """Print to standard error what is not a result; nothing with --quiet.

    Args:
        message: What there is to say.
        whole: Whether it stays one line, as what is to be pasted does.
    """
    if is_quiet():
        return
    shown = visible(message)
    click.echo(shown if whole else wrapped(shown), err=True)


def say_dated(message: str) -> None:
    """Print to standard error what happened, with the time of day."""
    say(f"{time.strftime('%H:%M:%S')} {message}")


class _StderrHandler(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is now: while a bar is drawn, above the bar."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _VisibleFormatter(logging.Formatter):
    """Log lines without what a terminal would act on."""

    def formatTime(  # noqa: N802 - its name in logging
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Return the time of a record, in UTC."""
        del datefmt
        return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def set_up_logging(verbose: int) -> None:
    """Send our log to standard error: warnings, with -v what is done, with -vv every request."""
    level = {0: logging.ERROR, 1: logging.INFO}.get(verbose, logging.DEBUG)
    handler = _StderrHandler()
    formatter = _VisibleFormatter(
        "%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    handler.setFormatter(formatter)
    logger = logging.getLogger("elastic_mirror_policy")
    logger.handlers = [h for h in logger.handlers if isinstance(h, logging.NullHandler)]
    logger.addHandler(handler)
    logger.setLevel(level)
