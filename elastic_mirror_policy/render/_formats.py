"""The public functions: a plan or a report in one format (pure)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from elastic_mirror_policy.journal.view import journal_view
from elastic_mirror_policy.plan.plan import Plan
from elastic_mirror_policy.plan.view import plan_view
from elastic_mirror_policy.render.html import as_html
from elastic_mirror_policy.render.markdown import as_markdown
from elastic_mirror_policy.render.text import as_text
from elastic_mirror_policy.rollout.report import Report
from elastic_mirror_policy.rollout.view import report_views

if TYPE_CHECKING:  # the module reads files, which nothing here does
    from elastic_mirror_policy.journal.journal import Journal

LIMIT: Final = 20
"""How many of each list text and Markdown show before the rest is only counted."""

HTML_LIMIT: Final = 200
"""The same for HTML, where long lists start folded."""


def plan_text(plan: Plan, *, refusals: Iterable[str] = (), limit: int | None = LIMIT) -> str:
    """Return the plan as text for a terminal; identical changes are shown once.

    Args:
        plan: The plan.
        refusals: Why it may not be written, from `Guards.refusals`.
        limit: How many of each list are shown; None shows all.
    """
    return as_text(plan_view(plan, refusals), limit)


def plan_markdown(plan: Plan, refusals: Iterable[str] = (), *, limit: int | None = LIMIT) -> str:
    """Return the plan as Markdown for a pull request.

    Args:
        plan: The plan.
        refusals: Why it may not be written, from `Guards.refusals`.
        limit: How many of each list are shown; None shows all.
    """
    return as_markdown(plan_view(plan, refusals), limit)


def plan_html(plan: Plan, refusals: Iterable[str] = (), *, limit: int | None = HTML_LIMIT) -> str:
    """Return the plan as an HTML fragment for a notebook.

    Args:
        plan: The plan.
        refusals: Why it may not be written, from `Guards.refusals`.
        limit: How many of each list are in it; None gives all.
    """
    return as_html(plan_view(plan, refusals), limit)


def report_text(report: Report, *, limit: int | None = LIMIT) -> str:
    """Return the report as text for a terminal, what went wrong first."""
    return "\n".join(as_text(view, limit) for view in report_views(report))


def report_markdown(report: Report, *, limit: int | None = LIMIT) -> str:
    """Return the report as Markdown for a pull request, what went wrong first."""
    return "\n".join(as_markdown(view, limit) for view in report_views(report))


def report_html(report: Report, *, limit: int | None = HTML_LIMIT) -> str:
    """Return the report as an HTML fragment for a notebook, what went wrong first."""
    return "\n".join(as_html(view, limit) for view in report_views(report))


def journal_text(journal: "Journal", *, limit: int | None = LIMIT) -> str:
    """Return the journal as text for a terminal: what is unknown, what remains, what was done."""
    return as_text(journal_view(journal), limit)
