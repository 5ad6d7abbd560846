"""The command line: parse, call, render. Commands are loaded when they are used."""

import contextlib
import errno
import os
import sys
from collections.abc import Sequence

import click

from elastic_mirror_policy._cli.group import CommandTable
from elastic_mirror_policy._cli.streams import prepare_streams
from elastic_mirror_policy._version import __version__

COMMANDS = {
    "apply": "Show a plan, and write it with --yes.",
    "completion": "Print the completion script of a shell.",
    "demo": "Take the whole tour on a simulated Kibana and mirror.",
    "doctor": "Check connection, version, rights, spaces and policies.",
    "endpoints": "Report whether each endpoint runs what its mirror publishes.",
    "journal": "Show what a rollout wrote, and what is unknown.",
    "mirror": "Check, fill, carry and serve the mirror.",
    "plan": "Show what would change; write nothing.",
    "policies": "List the Elastic Defend policies and their artifact settings.",
    "rollback": "Undo a rollout from its journal (--yes to write).",
}
"""Every command with its first line of help; a test compares them."""

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""What writing to standard output may fail with; files have errors of their own.

When its reader has left (EPIPE), click ends the process with 1.
"""

ASKED = "_ELASTIC_MIRROR_POLICY_COMPLETE"
"""The variable that a shell sets when it asks what completes a line."""

USAGE = 64
"""Exit code of a mistake in the command line (EX_USAGE), so that 2 keeps its meaning."""


@click.group(
    cls=CommandTable,
    commands_in=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="elastic-mirror-policy")
def cli() -> None:
    """Set the Elastic Defend artifact mirror on every policy, and take it back key by key.

    Plans are shown; nothing is written without --yes. Results go to standard output, everything
    else to standard error.

    \b
    Exit codes:  0  nothing to do, all well; with --yes: everything was done
                 1  could not tell; with --yes: something failed, was refused,
                    or is unknown
                 2  changes are pending, or problems were found
                64  a mistake in the command line
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of one command line; known errors become one line."""
    prepare_streams()
    if ASKED in os.environ:
        from elastic_mirror_policy._cli.shells import answer_shells

        answer_shells()
    typed = sys.argv[1:] if arguments is None else [*arguments]
    try:
        result = cli.main(typed, standalone_mode=False, obj=typed, complete_var=ASKED)
    except (KeyboardInterrupt, click.Abort):
        return stop_at_once(writes=typed[:1] in (["apply"], ["rollback"]))
    except click.exceptions.NoArgsIsHelpError as exc:
        click.echo(exc.format_message(), err=True)
        return USAGE
    except OSError as exc:
        return lose_output(exc)
    except Exception as exc:
        told = explain(exc)
        if told is None:
            raise
        return complain(*told)
    return result if isinstance(result, int) else 0


def lose_output(exc: OSError) -> int:
    """Return the exit code when standard output takes no more; say why.

    Raises:
        OSError: It is about something else, and a fault in the program.
    """
    if exc.errno not in UNWRITABLE:
        raise exc
    # At its end Python would try once more to write what is left.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return complain(f"Error: The output cannot be written: {exc.strerror}.", 1)


def explain(exc: Exception) -> tuple[str, int] | None:
    """Return the line and the exit code for an error, or None for one that we do not know."""
    from elastic_mirror_policy.errors import ConfigurationError, MirrorPolicyError

    if isinstance(exc, click.UsageError):
        command = exc.ctx.command_path if exc.ctx else "elastic-mirror-policy"
        said = exc.format_message().rstrip()
        end = "" if said.endswith((".", "?", ")")) else "."
        return f"Error: {said}{end} See '{command} --help'.", USAGE
    if isinstance(exc, ConfigurationError):
        return f"Error: {exc}", USAGE
    if isinstance(exc, MirrorPolicyError):
        return f"Error: {exc}", 1
    return None


def complain(message: str, code: int) -> int:
    """Print one sentence or two to standard error, in a pipe as one line; return the exit code."""
    from elastic_mirror_policy._cli.terminal import wrapped
    from elastic_mirror_policy._text import visible

    click.echo(wrapped(visible(" ".join(message.split()))), err=True)
    return code


def stop_at_once(*, writes: bool) -> int:
    """End the process now, with the journal as it is; writers still waiting are not joined."""
    journal = "; the journal, if there is one, tells what is unknown" if writes else ""
    click.echo(f"Stopped at once{journal}.", err=True)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(1)
