"""A group of commands that are imported when they are used, so that help is quick."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class CommandTable(click.Group):
    """Finds the command `name` as `command` in the module `name` of a folder of `_cli`."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - whatever click gives
        commands_in: Mapping[str, str],
        folder: str = "",
        **kwargs: Any,  # noqa: ANN401 - whatever click gives
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table = commands_in
        self.folder = folder

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, sorted."""
        del ctx
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its module."""
        del ctx
        if cmd_name not in self.table:
            return None
        path = ".".join(filter(None, ("elastic_mirror_policy._cli", self.folder, cmd_name)))
        module = importlib.import_module(path)
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that a line begins with; one that does not exist may be misspelt."""
        name = args[0]  # click takes it off when it reads it as an option
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            if name.startswith("-"):
                raise
            from elastic_mirror_policy._cli.spelling import meant

            message = f"No such command {name!r}.{meant(name, self.table)}"
            raise click.UsageError(message, ctx) from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table alone."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.table.items()))
