"""From options and environment to a connected Kibana, and the banner that says which one."""

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from elastic_mirror_policy._cli.environment import Environment
from elastic_mirror_policy._cli.options import QUIET, Choice, Connection
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.kibana import Kibana
from elastic_mirror_policy.policies.inventory import ALL_SPACES, Spaces
from elastic_mirror_policy.policies.policy import Selection

BANNER = "elastic_mirror_policy.banner"
"""Where it is kept, for the time of a command, that the banner was shown."""


def open_kibana(connection: Connection) -> Kibana:
    """Return Kibana as options and environment describe it; nothing is sent yet.

    Raises:
        ConfigurationError: Something is missing or cannot be used.
    """
    set_up_logging(connection.verbose)
    environment = Environment()
    if {connection.api_key_file, connection.password_file} == {"-"}:
        raise ConfigurationError("Only one secret can be read from standard input.")
    key = read_secret(connection.api_key_file) or environment.kibana_api_key.get_secret_value()
    password = (
        read_secret(connection.password_file) or environment.kibana_password.get_secret_value()
    )
    ca_cert = connection.ca_cert or environment.kibana_ca_cert or None
    client_cert = client_certificate(connection)
    return Kibana(
        connection.kibana_url or environment.kibana_url,
        api_key=key or None,
        username=connection.username or environment.kibana_username or None,
        password=password or None,
        spaces=chosen_spaces(connection, environment),
        ca_cert=ca_cert,
        client_cert=client_cert,
        timeout=connection.timeout,
    )


def chosen_spaces(connection: Connection, environment: Environment) -> Spaces:
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
    return [environment.kibana_space] if environment.kibana_space else None


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


def read_secret(name: str | None) -> str:
    """Return the first line of a file or of standard input; empty when no file is named.

    Raises:
        ConfigurationError: The file cannot be read or holds nothing.
    """
    if name is None:
        return ""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not text"
        raise ConfigurationError(f"The secret in {name} cannot be read: {reason}.") from exc
    secret = text.strip().split("\n")[0].strip()
    if not secret:
        where = "Standard input" if name == "-" else name
        raise ConfigurationError(f"{where} holds no secret: its first line is empty.")
    return secret


def selection_of(choice: Choice) -> Selection:
    """Return the selection that the options describe.

    Raises:
        ConfigurationError: One of the texts is empty.
    """
    return Selection(
        names=choice.name, exclude=choice.exclude, ids=choice.id, agent_policies=choice.agent_policy
    )


def show_banner(kibana: Kibana, spaces: tuple[str, ...]) -> None:
    """Say on standard error which Kibana this is; never a credential."""
    listed = ", ".join(spaces)
    word = "space" if len(spaces) == 1 else "spaces"
    say(f"Kibana {kibana.url}, version {kibana.version}, {word} {listed}")
    click.get_current_context().meta[BANNER] = True


def say(message: str) -> None:
    """Print to standard error what is not a result; nothing with --quiet."""
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(QUIET):
        return
    click.echo(visible(message), err=True)


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
    handler = logging.StreamHandler()
    formatter = _VisibleFormatter(
        "%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    handler.setFormatter(formatter)
    logger = logging.getLogger("elastic_mirror_policy")
    logger.handlers = [h for h in logger.handlers if isinstance(h, logging.NullHandler)]
    logger.addHandler(handler)
    logger.setLevel(level)
