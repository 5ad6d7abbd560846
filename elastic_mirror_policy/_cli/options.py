"""Options that several commands share, each group collected into one value."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import click

from elastic_mirror_policy._cli.values import Key, KibanaName, RiskName
from elastic_mirror_policy.risks import Risk

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]


def collected(group: type[Any], name: str, *options: Decorator) -> Decorator:
    """Return a decorator that adds options and passes them on as one value called `name`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the command takes
            kwargs[name] = group(**{field: kwargs.pop(field) for field in group._fields})
            return command(*args, **kwargs)

        wrapped: Command = wrapper
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorate


class Connection(NamedTuple):
    """How to reach Kibana, as far as the command line says; the environment fills the rest."""

    kibana: str | None
    config: str | None
    kibana_url: str | None
    api_key_file: str | None
    username: str | None
    password_file: str | None
    ca_cert: str | None
    kibana_ca_cert: str | None
    client_cert: str | None
    client_key: str | None
    space: tuple[str, ...]
    all_spaces: bool
    timeout: float | None
    verbose: int


profile_options = (
    click.option(
        "--kibana",
        type=KibanaName(),
        metavar="NAME",
        help="Kibana of the configuration file; options and environment win over it.",
    ),
    click.option(
        "--config",
        metavar="FILE",
        help="Configuration file with [kibana.NAME]; default: in your configuration folder.",
    ),
)


def ca_option(server: str) -> Decorator:
    """Return the option that names the CAs of one server alone, in place of --ca-cert."""
    word = server.rsplit(maxsplit=1)[-1].lower()
    return click.option(
        f"--{word}-ca-cert", metavar="FILE", help=f"In place of --ca-cert for {server}."
    )


timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Read timeout of one request (default: 30, and 120 for a write).",
)
verbose_option = click.option(
    "-v", "--verbose", count=True, help="Log to standard error; -vv logs requests."
)
connection_options = collected(
    Connection,
    "connection",
    *profile_options,
    click.option("--kibana-url", metavar="URL", help="Kibana, with its base path. [KIBANA_URL]"),
    click.option(
        "--api-key-file",
        metavar="FILE",
        help="File that holds the API key; - is standard input. [KIBANA_API_KEY]",
    ),
    click.option("--username", metavar="NAME", help="User name. [KIBANA_USERNAME]"),
    click.option(
        "--password-file",
        metavar="FILE",
        help="File that holds the password; - is standard input. [KIBANA_PASSWORD]",
    ),
    click.option(
        "--ca-cert",
        metavar="FILE",
        help="PEM of CAs to trust besides the public ones, for every server that is asked.",
    ),
    click.option(
        "--kibana-ca-cert",
        metavar="FILE",
        help="PEM of the only CAs to trust for Kibana. [KIBANA_CA_CERT]",
    ),
    click.option("--client-cert", metavar="FILE", help="PEM of a client certificate."),
    click.option(
        "--client-key", metavar="FILE", help="PEM of its key, if it is in a separate file."
    ),
    click.option(
        "--space", multiple=True, metavar="SPACE", help="Space to work in. [KIBANA_SPACE]"
    ),
    click.option("--all-spaces", is_flag=True, help="Work in every space that can be seen."),
    timeout_option,
    verbose_option,
)


class Choice(NamedTuple):
    """Which policies are meant."""

    name: tuple[str, ...]
    exclude: tuple[str, ...]
    id: tuple[str, ...]
    agent_policy: tuple[str, ...]


selection_options = collected(
    Choice,
    "choice",
    click.option(
        "--name", multiple=True, metavar="GLOB", help="Only policies with a matching name."
    ),
    click.option(
        "--exclude", multiple=True, metavar="GLOB", help="Leave out policies with a matching name."
    ),
    click.option("--id", multiple=True, metavar="ID", help="Only the policy with this id."),
    click.option(
        "--agent-policy",
        multiple=True,
        metavar="GLOB",
        help="Only policies of matching agent policies.",
    ),
)


class Wanted(NamedTuple):
    """What the policies should have."""

    base_url: str | None
    linux_base_url: str | None
    mac_base_url: str | None
    windows_base_url: str | None
    set: tuple[str, ...]
    unset: tuple[str, ...]
    rules: str | None
    check_mirror: bool
    mirror_ca_cert: str | None


intent_options = collected(
    Wanted,
    "wanted",
    click.option("--base-url", metavar="URL", help="Mirror for Linux, macOS and Windows."),
    click.option("--linux-base-url", metavar="URL", help="Mirror for Linux only."),
    click.option("--mac-base-url", metavar="URL", help="Mirror for macOS only."),
    click.option("--windows-base-url", metavar="URL", help="Mirror for Windows only."),
    click.option(
        "--set",
        type=Key("="),
        multiple=True,
        metavar="KEY=VALUE",
        help="Another artifact setting, such as channel=stable, mac.interval=600 or ca_cert=@FILE.",
    ),
    click.option(
        "--unset",
        type=Key(),
        multiple=True,
        metavar="KEY",
        help="Remove a setting, such as base_url.",
    ),
    click.option(
        "--rules",
        metavar="FILE.toml",
        help="Rules that say what each policy should have.",
    ),
    click.option(
        "--check-mirror/--no-check-mirror",
        default=True,
        show_default=True,
        help="Check the mirror before policies point at it (headers only).",
    ),
    ca_option("the mirror"),
)


class Limits(NamedTuple):
    """What must hold before the first write."""

    expect_policies: int | None
    max_policies: int | None
    max_agents: int | None
    allow: tuple[Risk, ...]


COUNT = click.IntRange(min=0)

guard_options = collected(
    Limits,
    "limits",
    click.option(
        "--expect-policies", type=COUNT, metavar="N", help="Exactly N policies must be selected."
    ),
    click.option("--max-policies", type=COUNT, metavar="N", help="At most N policies may change."),
    click.option("--max-agents", type=COUNT, metavar="N", help="At most N agents may be affected."),
    click.option(
        "--allow",
        type=RiskName(),
        multiple=True,
        metavar="RISK",
        help=f"Accept a named risk: {', '.join([*Risk][:-1])} or {[*Risk][-1]}.",
    ),
)


class Writing(NamedTuple):
    """How a plan is written."""

    yes: bool
    journal: str | None
    parallel: int
    max_failures: int | None


writing_options = collected(
    Writing,
    "writing",
    click.option("-y", "--yes", is_flag=True, help="Write. Without it the plan is only shown."),
    click.option(
        "--journal",
        metavar="FILE",
        help="File to write the journal to (must not exist). Default: a name with a time stamp.",
    ),
    click.option(
        "--parallel",
        type=click.IntRange(1, 16),
        default=4,
        show_default=True,
        metavar="N",
        help="How many policies are written at the same time.",
    ),
    click.option(
        "--max-failures", type=COUNT, metavar="N", help="Stop when more than N policies failed."
    ),
)


FORMATS = ("text", "json", "markdown", "html")
"""How every command that prints results can print them."""

COLOUR = "elastic_mirror_policy.colour"
"""Where the answer to --color is kept for the time of a command."""


QUIET = "elastic_mirror_policy.quiet"
"""Where the answer to --quiet is kept for the time of a command."""


def format_option(*more: str) -> Decorator:
    """Return the options that choose how results are printed; `more` are formats besides."""

    def decorate(command: Command) -> Command:
        return form(colour_option(quiet_option(command)))

    form = click.option(
        "-o",
        "--format",
        "form",
        type=click.Choice((*FORMATS, *more)),
        default="text",
        show_default=True,
        help="How results are printed.",
    )
    return decorate


def keep_colour(ctx: click.Context, _: click.Parameter, value: str) -> None:
    """Keep the answer to --color where printing finds it."""
    ctx.meta[COLOUR] = value


def keep_quiet(ctx: click.Context, _: click.Parameter, value: object) -> None:
    """Keep the answer to --quiet where everything else than results is said."""
    ctx.meta[QUIET] = bool(value)


def is_quiet() -> bool:
    """Whether results and errors are all that is wanted."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(QUIET))


quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    expose_value=False,
    callback=keep_quiet,
    help="Print results and errors only.",
)
colour_option = click.option(
    "--color",
    type=click.Choice(("auto", "always", "never")),
    default="auto",
    show_default=True,
    expose_value=False,
    callback=keep_colour,
    help="Whether text has colours; auto: on a terminal, unless NO_COLOR is set.",
)
