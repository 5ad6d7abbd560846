"""Printing results, and the files of plans."""

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import click

from elastic_mirror_policy._cli.options import COLOUR
from elastic_mirror_policy._cli.session import BANNER, say
from elastic_mirror_policy._cli.terminal import columns, is_dumb, on_terminal, printing_to_terminal
from elastic_mirror_policy._cli.waves import AT_ONCE, Stages
from elastic_mirror_policy._files import read_bounded, replace_regular
from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._version import __version__
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.render import Recorded, View, as_markdown, as_page, as_text
from elastic_mirror_policy.render.text import WIDTH
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.staging import StagedPlan, plan_waves
from elastic_mirror_policy.rollout.view import waves_views

IN_BANNER = ("Kibana", "version", "space", "spaces")
"""What both the banner on standard error and a plan name."""

OK, FAILED, PENDING = 0, 1, 2
"""Exit codes: all well, could not tell or something failed, changes pending or problems found."""


class Printed(Protocol):
    """A value that every command can print: in words, and as JSON."""

    def to_dict(self) -> dict[str, JsonValue]:
        """Return it as decoded JSON."""
        ...

    def views(self) -> tuple[View, ...]:
        """Return what there is to say."""
        ...


def show_value(value: Printed, form: str, views: tuple[View, ...] = ()) -> None:
    """Print a value to standard output.

    Args:
        value: What a command found or did.
        form: The format; `diff` and `csv` only of values that have them.
        views: What to say in place of `value.views()`.
    """
    if isinstance(value, Plan) and form == "diff":
        show(value.to_diff())
    elif isinstance(value, Recorded) and form == "csv":
        show(value.to_csv())
    elif form == "json":
        show(json.dumps(value.to_dict(), indent=2))
    else:
        show_views(views or value.views(), form)


def show_views(views: tuple[View, ...], form: str) -> None:
    """Print views to standard output, with colours where they are wanted."""
    if form == "markdown":
        show(as_markdown(with_kibana(views)))
    elif form == "html":
        now = datetime.now(UTC).isoformat(sep=" ", timespec="minutes").removesuffix("+00:00")
        made = f"Made on {now} UTC by elastic-mirror-policy {__version__}."
        show(as_page(with_kibana(views), made=made))
    else:
        colour, seen = wants_colour(), printing_to_terminal()
        width = columns() if seen else WIDTH
        text = as_text(told_once(views), width=width, colour=colour, one_line=not seen)
        click.echo(text.rstrip("\n"), color=colour)


def with_kibana(views: tuple[View, ...]) -> tuple[View, ...]:
    """Return the views, the first with the Kibana it is about: a page goes where no banner does."""
    first, *rest = views
    told = click.get_current_context().meta.get(BANNER, ())
    if any(label == "Kibana" for label, _ in first.banner):
        told = ()
    return (replace(first, banner=(*told, *first.banner)), *rest)


def told_once(views: tuple[View, ...]) -> tuple[View, ...]:
    """Return the views without what the banner has just said on the same terminal."""
    told = click.get_current_context().meta.get(BANNER)
    if not told or not on_terminal() or not printing_to_terminal():
        return views
    return tuple(
        replace(view, banner=tuple(pair for pair in view.banner if pair[0] not in IN_BANNER))
        for view in views
    )


def wants_colour() -> bool:
    """Whether text is to have colours: --color says so, or standard output is a terminal."""
    answer = click.get_current_context().meta.get(COLOUR, "auto")
    if answer != "auto":
        return bool(answer == "always")
    return printing_to_terminal() and not (os.environ.get("NO_COLOR") or is_dumb())


def show_plan(
    plan: Plan, form: str, refusals: tuple[str, ...] = (), stages: Stages = AT_ONCE
) -> None:
    """Print a plan to standard output, with its waves and what would forbid it."""
    waves = plan_waves(plan, stages.wave, stages.first) if stages.wave else ()
    if form == "json":
        show(json.dumps(StagedPlan(plan, waves).to_dict(), indent=2))
    else:
        show_value(plan, form, (*plan.views(refusals), *waves_views(plan, waves)))


def show_report(report: Report, form: str, plan: Plan) -> None:
    """Print a report to standard output; as text where it has no such format.

    A page to hand in says below it what was to be written.
    """
    planned = plan.views() if form == "html" and plan.changes else ()
    show_value(report, "text" if form == "diff" else form, (*report.views(), *planned))


def show(text: str) -> None:
    """Print a result."""
    click.echo(text.rstrip("\n"))


def refusals_of(plan: Plan, guards: Guards) -> tuple[str, ...]:
    """Return what would forbid writing the plan."""
    return guards.refusals(plan) if plan.changes or guards.expect_policies is not None else ()


def show_only(plan: Plan, form: str, guards: Guards, stages: Stages = AT_ONCE) -> int:
    """Print a plan that is not written, and what would forbid it; return the exit code."""
    refusals = refusals_of(plan, guards)
    show_plan(plan, form, refusals, stages)
    if form not in {"text", "markdown", "html"}:
        for refusal in refusals:
            say(f"Would be refused: {refusal}")
    if plan.changes:
        return PENDING
    return FAILED if refusals or any(not skipped.intended for skipped in plan.skipped) else OK


def save_plan(plan: Plan, path: str) -> None:
    """Write a plan to a file, whole or not at all.

    Raises:
        PlanError: The file cannot be written, or is something else than a regular file.
    """
    try:
        replace_regular(path, plan.to_json().encode())
    except OSError as exc:
        hint = "To print the plan, use --format json." if exc.errno == errno.EINVAL else ""
        raise PlanError(
            f"The plan cannot be written to {path}: {exc.strerror}.", hint=hint
        ) from exc


def load_plan(path: str) -> Plan:
    """Return the plan in a file.

    Raises:
        PlanError: The file cannot be read or is not a plan.
        StalePlanError: It was edited.
    """
    try:
        data = read_bounded(Path(path))
    except OSError as exc:
        raise PlanError(f"The plan {path} cannot be read: {exc.strerror}.") from exc
    return Plan.from_json(data)


def journal_name(kind: str) -> str:
    """Return a name for a journal that nobody named."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.journal"
