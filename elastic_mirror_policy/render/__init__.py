"""Plans, reports, journals, policies and endpoints as text, unified diff, Markdown and HTML.

Every function returns a string and prints nothing. Names, values and reasons are data: in no
format can they become markup, move a cursor or begin a line of their own.
"""

from elastic_mirror_policy.render._diff import plan_diff
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
from elastic_mirror_policy.render._policies_text import policies_text
from elastic_mirror_policy.render._table import table

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
