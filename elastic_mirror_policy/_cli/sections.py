"""Help in sections: what an option is about decides where it is listed."""

from collections.abc import Collection
from typing import Any, Final

import click

from elastic_mirror_policy._cli.values import FileName

OWN: Final = "Options"
"""Where an option stands that is of one command only."""

SECTIONS: Final = {
    "What to set": (
        *("base_url", "linux_base_url", "mac_base_url", "windows_base_url", "set", "unset"),
        *("rules", "check_mirror"),
    ),
    "Which policies": ("name", "exclude", "id", "agent_policy", "space", "all_spaces"),
    "Limits and risks": ("expect_policies", "max_policies", "max_agents", "allow"),
    "Writing": (
        *("yes", "journal", "resume", "parallel", "max_failures", "wave", "first", "gate"),
        *("gate_timeout", "min_healthy", "on_unhealthy"),
    ),
    "Connection and output": (
        *("kibana", "config", "kibana_url", "api_key_file", "username", "password_file"),
        *("ca_cert", "kibana_ca_cert", "mirror_ca_cert"),
        *("elasticsearch_ca_cert", "client_cert", "client_key", "timeout", "out"),
        *("metrics", "form", "color", "quiet", "verbose", "help"),
    ),
}
"""Sections in the order in which they are shown, and the names of the options in each."""

_SECTION_OF: Final = {name: title for title, names in SECTIONS.items() for name in names}

_MARKS: Final = {"What to set": "base_url", "Writing": "yes"}
"""The option without which a command has no such section: what would be in it is its own."""

_TITLES: Final = {"Connection and output": ("kibana_url", "Output")}
"""The option without which a section has another title."""


_FILES: Final = ("FILE", "DIR", "BUNDLE", "PLAN.json")
"""What the help calls a value that is the path of a file or folder."""


class Command(click.Command):
    """A command whose help lists its options by what they are about."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - whatever click gives
        super().__init__(*args, **kwargs)
        for param in self.params:
            if param.type is click.STRING and any(file in (param.metavar or "") for file in _FILES):
                param.type = FileName()

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        listed: dict[str, list[tuple[str, str]]] = {title: [] for title in (OWN, *SECTIONS)}
        names = {param.name for param in self.params}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                listed[_section_of(param, names)].append(_marked(param, record))
        for title, records in listed.items():
            if records:
                mark, otherwise = _TITLES.get(title, ("", ""))
                with formatter.section(otherwise if mark and mark not in names else title):
                    formatter.write_dl(records)


def _section_of(option: click.Option, names: Collection[str | None]) -> str:
    """Return the title of the section in which a command with these options lists one."""
    name = "help" if "--help" in option.opts else option.name or ""
    title = _SECTION_OF.get(name, OWN)
    mark = _MARKS.get(title)
    return OWN if mark and mark not in names else title


def _marked(option: click.Option, record: tuple[str, str]) -> tuple[str, str]:
    """Return the lines of an option, with three dots when it can be given several times."""
    spelling, text = record
    return (f"{spelling}...", text) if option.multiple else (spelling, text)
