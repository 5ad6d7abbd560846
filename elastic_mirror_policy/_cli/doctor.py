"""`doctor`: connection, version, rights, spaces and policies, without writing anything."""

import json

import click

from elastic_mirror_policy._cli.options import Connection, connection_options, format_option
from elastic_mirror_policy._cli.output import FAILED, OK, PENDING, show
from elastic_mirror_policy._cli.session import open_kibana
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.diagnosis import Check, State


@click.command("doctor")
@format_option("text", "json")
@connection_options
def command(*, form: str, connection: Connection) -> int:
    """Check connection, version, rights, spaces and policies.

    Nothing is written: the right to write is found out by an empty request for a policy that does
    not exist.

    \b
    Example:
      elastic-mirror-policy doctor --all-spaces

    \b
    Exit codes:  0 all well   2 problems were found   1 could not tell
    """
    with open_kibana(connection) as kibana:
        checks = tuple(kibana.examine())
    if form == "json":
        listed = [check.to_dict() for check in checks]
        show(json.dumps({"schema_version": 1, "kind": "doctor", "checks": listed}, indent=2))
    else:
        show("\n".join(describe(check) for check in checks))
    return exit_code(checks)


def describe(check: Check) -> str:
    """Return one line for one check."""
    return f"{check.state.value:8} {visible(check.name):18} {visible(check.detail)}"


def exit_code(checks: tuple[Check, ...]) -> int:
    """Return 2 for a problem, 1 when something that every rollout needs is not known, else 0."""
    if any(check.state is State.PROBLEM for check in checks):
        return PENDING
    needed = (check for check in checks if not check.name.startswith("agents "))
    return OK if all(check.state is State.OK for check in needed) else FAILED
