"""The page of the commands has a place to link to for each option."""

import re

import click
from support.docs_ext import docs_module

PAGES = docs_module("command_pages")
PROGRAM = re.compile(r"^```\{program\} (.+)$", re.MULTILINE)
OPTION = re.compile(r"^```\{option\} (.+)$", re.MULTILINE)


def listed() -> dict[str, str]:
    """Return the options on the page, by command."""
    pieces = PROGRAM.split(PAGES.commands())[1:]
    parts = zip(pieces[::2], pieces[1::2], strict=True)
    return {command: " ".join(OPTION.findall(part)) for command, part in parts}


def test_every_option_of_every_command_can_be_linked_to() -> None:
    """What a page says of an option can point at it."""
    places = listed()
    wanted = [
        (context.command_path, spelling)
        for context in PAGES.walk()
        for param in context.command.get_params(context)
        if isinstance(param, click.Option) and not param.hidden
        for spelling in (*param.opts, *param.secondary_opts)
    ]

    assert len(wanted) > len(places)
    assert [one for one in wanted if one[1] not in re.split(r"[, ]+", places[one[0]])] == []


def test_the_text_of_an_option_is_no_markdown() -> None:
    """A range in brackets is not a link, and two dashes stay two dashes."""
    assert PAGES.shown("Write, with --yes. [x>=0] *") == "Write, with `--yes`. \\[x>=0\\] \\*"
