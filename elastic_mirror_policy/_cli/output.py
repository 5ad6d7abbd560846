"""Printing results, and progress on a terminal."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from elastic_mirror_policy._cli.session import say
from elastic_mirror_policy._files import atomic_write, read_bounded
from elastic_mirror_policy.errors import PlanError
from elastic_mirror_policy.plan.guards import Guards
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.render import as_markdown, as_text
from elastic_mirror_policy.rollout.report import Report

OK, FAILED, PENDING = 0, 1, 2
"""Exit codes: all well, could not tell or something failed, changes pending or problems found."""


def show_plan(plan: Plan, form: str, refusals: tuple[str, ...] = ()) -> None:
    """Print a plan to standard output, with what would forbid it."""
    printers: dict[str, Callable[[], str]] = {
        "json": plan.to_json,
        "diff": plan.to_diff,
        "markdown": lambda: as_markdown(plan.views(refusals)),
        "text": lambda: as_text(plan.views(refusals)),
    }
    show(printers[form]())


def show_report(report: Report, form: str) -> None:
    """Print a report to standard output."""
    printers: dict[str, Callable[[], str]] = {
        "json": report.to_json,
        "markdown": report.to_markdown,
    }
    show(printers.get(form, report.to_text)())


def show(text: str) -> None:
    """Print a result."""
    click.echo(text.rstrip("\n"))


def refusals_of(plan: Plan, guards: Guards) -> tuple[str, ...]:
    """Return what would forbid writing the plan."""
    return guards.refusals(plan) if plan.changes or guards.expect_policies is not None else ()


def show_only(plan: Plan, form: str, guards: Guards) -> int:
    """Print a plan that is not written, and what would forbid it; return the exit code."""
    refusals = refusals_of(plan, guards)
    show_plan(plan, form, refusals)
    if form not in {"text", "markdown"}:
        for refusal in refusals:
            say(f"Would be refused: {refusal}")
    if plan.changes:
        return PENDING
    return FAILED if refusals or any(not skipped.intended for skipped in plan.skipped) else OK


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a file, whole or not at all.

    Raises:
        PlanError: The file cannot be written, or is something else than a regular file.
    """
    # A link stays a link, and a device is never replaced: with --out /dev/stdout it would be.
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise PlanError(
            f"The plan cannot be written to {path}: it is not a regular file.",
            hint="To print the plan, use --format json.",
        )
    try:
        atomic_write(target, plan.to_json().encode())
    except OSError as exc:
        raise PlanError(f"The plan cannot be written to {path}: {exc.strerror}.") from exc


def load_plan(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        PlanError: The file cannot be read or is not a plan.
        StalePlanError: It was edited.
    """
    try:
        data = read_bounded(path)
    except OSError as exc:
        raise PlanError(f"The plan {path} cannot be read: {exc.strerror}.") from exc
    return Plan.from_json(data)


def journal_name(kind: str) -> str:
    """Return a name for a journal that nobody named."""
    return f"{kind}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.journal"
