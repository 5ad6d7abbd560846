"""The page of the commands: what `--help` says, with a place to link to for each option."""

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Final

import click

from elastic_mirror_policy._cli import cli

PROGRAM: Final = "elastic-mirror-policy"
WIDTH: Final = 80
SPECIAL: Final = re.compile(r"[*<\[\]]")
"""What Markdown would act on in the text of an option."""
NAMED: Final = re.compile(r"(?<![\w`-])--?[a-z][a-z-]*")
"""An option that is named in a text."""


class Listing(click.HelpFormatter):
    """Lists what click would print in columns, with a place to link to for each option."""

    @contextlib.contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Put a title before what follows."""
        self.write(f"**{name}**\n\n")
        yield

    def write_dl(self, rows: Sequence[tuple[str, str]], *_: int) -> None:
        """Write one entry for each option, or a list of commands."""
        for term, text in rows:
            plain = shown(text)
            self.write(_option(term, plain) if term.startswith("-") else f"- `{term}`: {plain}\n")
        self.write("\n")


def shown(text: str) -> str:
    """Return the text of an option in Markdown: options as code, nothing else acted on."""
    return NAMED.sub(r"`\g<0>`", SPECIAL.sub(r"\\\g<0>", text))


def _option(term: str, text: str) -> str:
    names = term.replace(" / ", ", ")
    return f"```{{option}} {names}\n{text}\n```\n\n"


def commands() -> str:
    """Return one section for every command: what its `--help` says, each option by itself."""
    return "\n".join(_section(context) for context in walk())


def walk() -> Iterator[click.Context]:
    """Yield every command, groups before what is in them."""
    waiting = [click.Context(cli, info_name=PROGRAM, terminal_width=WIDTH, **cli.context_settings)]
    while waiting:
        context = waiting.pop(0)
        yield context
        if isinstance(context.command, click.Group):
            waiting = [*_below(context, context.command), *waiting]


def _below(context: click.Context, group: click.Group) -> Iterator[click.Context]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None:
            yield click.Context(command, parent=context, info_name=name, terminal_width=WIDTH)


def _section(context: click.Context) -> str:
    title = context.command_path.removeprefix(PROGRAM).strip() or PROGRAM
    command, formatter, listing = context.command, context.make_formatter(), Listing()
    command.format_usage(context, formatter)
    command.format_help_text(context, formatter)
    command.format_options(context, listing)
    usage = f"```text\n{formatter.getvalue().rstrip()}\n```\n"
    program = f"```{{program}} {context.command_path}\n```\n"
    return f"## {title}\n\n{usage}\n{program}\n{listing.getvalue()}"
