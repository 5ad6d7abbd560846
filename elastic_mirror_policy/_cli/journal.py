"""`journal`: what was written, what is unknown, what remains."""

import click

from elastic_mirror_policy._cli.options import format_option
from elastic_mirror_policy._cli.sections import Command
from elastic_mirror_policy._cli.values import JournalFile


@click.command("journal", cls=Command)
@click.argument("file", type=JournalFile(), metavar="FILE")
@format_option()
def command(*, file: str, form: str) -> int:
    """Show what a rollout wrote, and what is unknown.

    What remains to be done is listed too; 'apply --resume' does it.

    \b
    Example:
      elastic-mirror-policy journal mirror.journal

    \b
    Exit codes:  0 everything was written
                 1 the file cannot be read
                 2 something remains or is unknown
    """
    from elastic_mirror_policy._cli.next_steps import say_how_to_go_on
    from elastic_mirror_policy._cli.output import OK, PENDING, show_value
    from elastic_mirror_policy._cli.session import say
    from elastic_mirror_policy._files import in_use
    from elastic_mirror_policy.journal.journal import Journal

    journal = Journal.read(file)
    show_value(journal, form)
    done = journal.complete and not journal.remaining and not journal.unknown
    if form == "text" and journal.complete and not done:
        if in_use(journal.path):
            say("The rollout is still under way.")
        else:
            say_how_to_go_on(file)
    return OK if done else PENDING
