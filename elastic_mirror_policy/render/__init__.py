"""Plans, reports, journals, policies and endpoints as text, unified diff, Markdown and HTML.

Every function returns a string and prints nothing. Names, values and reasons are data: in no
format can they become markup, move a cursor or begin a line of their own.
"""

import importlib
from typing import TYPE_CHECKING

from elastic_mirror_policy.render.table import table

if TYPE_CHECKING:
    from elastic_mirror_policy.plan.diff import plan_diff
    from elastic_mirror_policy.policies.table import policies_text
    from elastic_mirror_policy.render._endpoints_format import endpoints_html, endpoints_text
    from elastic_mirror_policy.render._formats import (
        journal_text,
        plan_html,
        plan_markdown,
        plan_text,
        report_html,
        report_markdown,
        report_text,
    )

_HOMES = {
    "plan_diff": "plan.diff",
    "policies_text": "policies.table",
    "endpoints_html": "render._endpoints_format",
    "endpoints_text": "render._endpoints_format",
}

__all__ = [
    "endpoints_html",
    "endpoints_text",
    "journal_text",
    "plan_diff",
    "plan_html",
    "plan_markdown",
    "plan_text",
    "policies_text",
    "report_html",
    "report_markdown",
    "report_text",
    "table",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, "render._formats")
    return getattr(importlib.import_module(f"elastic_mirror_policy.{home}"), name)
