"""Help in sections: what an option is about decides where it is listed."""

from typing import Final

import click

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


class Command(click.Command):
    """A command whose help lists its options by what they are about."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        listed: dict[str, list[tuple[str, str]]] = {title: [] for title in (OWN, *SECTIONS)}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                name = "help" if "--help" in param.opts else param.name or ""
                listed[_SECTION_OF.get(name, OWN)].append(_marked(param, record))
        for title, records in listed.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _marked(option: click.Option, record: tuple[str, str]) -> tuple[str, str]:
    """Return the lines of an option, with three dots when it can be given several times."""
    spelling, text = record
    return (f"{spelling}...", text) if option.multiple else (spelling, text)
