"""What to type next: the command that was given, turned into the one that follows it."""

import shlex
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import click

from elastic_mirror_policy._cli.sections import SECTIONS
from elastic_mirror_policy._cli.session import say
from elastic_mirror_policy._cli.terminal import columns, on_terminal

PROGRAM: Final = "elastic-mirror-policy"
SETTINGS: Final = frozenset(SECTIONS["What to set"])
SELECTION: Final = frozenset(SECTIONS["Which policies"])
SPACES: Final = frozenset({"space", "all_spaces"})
OUTPUT: Final = frozenset({"form", "out", "color", "quiet", "verbose"})
CONNECTION: Final = (frozenset(SECTIONS["Connection and output"]) - OUTPUT) | SPACES


def say_what_next(*, refused: bool) -> None:
    """Say that nothing was written, and the command that writes what was shown, if one can."""
    if refused:
        say("Nothing was written, and with --yes this plan is refused: see 'Refused' above.")
    else:
        say_how_to_write()


def say_how_to_write() -> None:
    """Say that nothing was written, and the command that writes what was shown."""
    context = click.get_current_context()
    if context.params.get("out"):
        left_out = OUTPUT | SETTINGS | (SELECTION - SPACES)
        words = [
            "apply",
            _as_argument(str(context.params["out"])),
            *_given("apply", without=left_out),
        ]
    else:
        verb = "apply" if context.info_name == "plan" else str(context.info_name)
        words = [verb, *_given(verb, without=OUTPUT)]
    _advise("Nothing was written. To write it:", words)


def say_how_to_ask_again() -> None:
    """Say that all is written, and the command that asks the gate that is still open."""
    words = ["apply", *_given("apply", without=OUTPUT)]
    _advise("Everything is written, but the last gate has not passed. To ask it again:", words)


def say_how_to_undo(journal: str) -> None:
    """Say which command takes back what a journal's rollout wrote."""
    _advise("To undo:", ["rollback", _as_argument(journal), *_connection("rollback")])


def say_how_to_go_on(journal: str) -> None:
    """Say which command goes on with a rollout that stopped."""
    _advise("To go on:", ["apply", "--resume", journal, *_connection("apply")])


def confirmed(count: int, what: str) -> bool:
    """Whether the person at the terminal typed the number that was asked for.

    Nobody is asked without a terminal: then the answer is no.

    Args:
        count: The number to type.
        what: What it counts.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        return False
    question = f"Type the number of {what} ({count}) to write it now"
    try:
        answer = click.prompt(question, default="", show_default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
    return str(answer).strip() == str(count)


def _advise(sentence: str, words: Sequence[str]) -> None:
    """Say a sentence and the command after it, on a line of its own where one is too short."""
    command = shlex.join([PROGRAM, *words, "--yes"])
    if not on_terminal() or len(f"{sentence} {command}") <= columns():
        say(f"{sentence} {command}", whole=True)
        return
    say(sentence)
    say(f"  {command}", whole=True)


def _connection(verb: str) -> list[str]:
    spoken = {name for title in SECTIONS.values() for name in title} - CONNECTION
    return [*_given(verb, without=spoken, arguments=False)]


def _given(verb: str, *, without: Collection[str], arguments: bool = True) -> Iterator[str]:
    """Yield the words after the command's name, as typed, but for some options.

    Args:
        verb: The command that is to take them; an option that it has not is left out.
        without: Names of options that are left out, too.
        arguments: Whether words other than options are yielded.
    """
    context = click.get_current_context()
    spelled = {spelling: one for one in _options(context.command) for spelling in _spellings(one)}
    group = context.find_root().command
    target = group.get_command(context, verb) if isinstance(group, click.Group) else None
    known = {option.name for option in _options(target or context.command)} - {*without}
    words = iter(typed_after(context))
    for word in words:
        if word == "--":
            yield from map(_as_argument, words if arguments else ())
            return
        if not word.startswith("-") or word == "-":
            if arguments:
                yield word
            continue
        option, whole = _first_of(word, spelled), [word]
        if _takes_the_next(word, spelled):
            whole.append(next(words))
        if option is not None and option.name in known:
            yield from whole


def _as_argument(file: str) -> str:
    """Return the name of a file so that it is not taken for an option."""
    return f"./{file}" if file.startswith("-") else file


def _options(command: click.Command) -> list[click.Option]:
    return [one for one in command.params if isinstance(one, click.Option)]


def _spellings(option: click.Option) -> tuple[str, ...]:
    return (*option.opts, *option.secondary_opts)


def _first_of(word: str, spelled: Mapping[str, click.Option]) -> click.Option | None:
    return spelled.get(word.partition("=")[0] if word.startswith("--") else word[:2])


def _takes_the_next(word: str, spelled: Mapping[str, click.Option]) -> bool:
    """Whether the value of an option is the word after it: --out FILE, -o json, -vo json."""
    if word.startswith("--"):
        return word in spelled and _has_value(spelled[word])
    for place, letter in enumerate(word[1:], start=2):
        option = spelled.get(f"-{letter}")
        if option is not None and _has_value(option):
            return place == len(word)
    return False


def _has_value(option: click.Option) -> bool:
    return not (option.is_flag or option.count)


def typed_after(context: click.Context) -> Sequence[str]:
    """Return the words that were typed after the name of the command."""
    typed: Sequence[str] = context.find_root().obj or ()
    name = context.info_name
    return typed[typed.index(name) + 1 :] if name in typed else ()
