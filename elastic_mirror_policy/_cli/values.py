"""Values of options: what the shell completes, and what is refused before anything is asked.

What they are made of is imported when a value is there, not for help.
"""

from collections.abc import Callable

import click
from click.shell_completion import CompletionItem

from elastic_mirror_policy.risks import Risk


class RiskName(click.ParamType[Risk]):
    """The name of a risk."""

    name = "risk"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Risk:
        """Return the risk."""
        try:
            return Risk(str(value))
        except ValueError:
            from elastic_mirror_policy._cli.spelling import meant

            listed = ", ".join(Risk)
            asked = meant(str(value), Risk)
            self.fail(f"{value!r} is not a risk.{asked} Risks: {listed}.", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the risks that begin so, each with what it means."""
        del ctx, param
        return [
            CompletionItem(risk.value, help=risk.meaning)
            for risk in Risk
            if risk.startswith(incomplete)
        ]


class Key(click.ParamType[str]):
    """The key of an artifact setting, of one operating system or of all; with `end` behind it."""

    name = "key"

    def __init__(self, end: str = "") -> None:
        self.end = end

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the keys that begin so."""
        from elastic_mirror_policy.settings import MANAGED_KEYS, OperatingSystem

        del ctx, param
        prefixes = ("", *(f"{system.value}." for system in OperatingSystem))
        keys = [f"{prefix}{key}{self.end}" for prefix in prefixes for key in MANAGED_KEYS]
        return [CompletionItem(key) for key in keys if key.startswith(incomplete)]


class Checked(click.ParamType[str]):
    """A text that is checked before anything is asked, and stays as it was written.

    Args:
        name: What it is.
        check: Raises a ConfigurationError where it cannot be used.
    """

    def __init__(self, name: str, check: Callable[[str], object]) -> None:
        self.name = name
        self.check = check

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return it as it was written."""
        del param, ctx
        self.check(str(value))
        return str(value)


def base_url(what: str) -> Checked:
    """Return the type of a base URL of `what`: a mirror, or the server that it is filled from."""

    def check(text: str) -> None:
        from elastic_mirror_policy._url import check_base_url

        check_base_url(text, what=what)

    return Checked("url", check)


def time_span(what: str) -> Checked:
    """Return the type of a length of time of at most ten years, which is shown again."""

    def check(text: str) -> None:
        from elastic_mirror_policy._time import span

        span(text, what=what)

    return Checked("span", check)


def check_version(text: str) -> None:
    """Check that a text is the version of an endpoint, or raise."""
    from elastic_mirror_policy.mirror.version import EndpointVersion

    EndpointVersion(text)


class FileName(click.ParamType[str]):
    """The path of a file or folder, which the shell completes."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell."""
        del ctx, param
        return [CompletionItem(incomplete, type="file")]


class JournalFile(FileName):
    """The path of a journal that exists."""

    name = "journal"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the journals in the folder that was begun, or leave it to the shell."""
        import os
        from pathlib import Path

        folder = os.path.dirname(incomplete)  # noqa: PTH120 - as it was typed
        listed = Path(folder or ".").glob("*.journal")
        found = sorted(os.path.join(folder, path.name) for path in listed)  # noqa: PTH118 - as above
        begun = [CompletionItem(name) for name in found if name.startswith(incomplete)]
        return begun or super().shell_complete(ctx, param, incomplete)


class KibanaName(click.ParamType[str]):
    """The name of a Kibana in the configuration file."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so; none where the file cannot be used."""
        from elastic_mirror_policy._cli.profiles import kibana_names

        del param
        names = kibana_names(ctx.params.get("config"))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
