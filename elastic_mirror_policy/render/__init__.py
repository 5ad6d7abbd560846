"""Views as text, Markdown and HTML: it knows a `View` and nothing of what it is about.

Every function returns a string and prints nothing. Names, values and reasons are data: in no
format can they become markup, move a cursor or begin a line of their own.
"""

from elastic_mirror_policy.render.records import Recorded, as_csv
from elastic_mirror_policy.render.table import table
from elastic_mirror_policy.render.view import (
    Chart,
    Group,
    Line,
    Named,
    Point,
    Section,
    Table,
    Tone,
    View,
)
from elastic_mirror_policy.render.viewable import (
    HTML_LIMIT,
    LIMIT,
    Viewable,
    as_html,
    as_markdown,
    as_page,
    as_text,
)

__all__ = [
    "HTML_LIMIT",
    "LIMIT",
    "Chart",
    "Group",
    "Line",
    "Named",
    "Point",
    "Recorded",
    "Section",
    "Table",
    "Tone",
    "View",
    "Viewable",
    "as_csv",
    "as_html",
    "as_markdown",
    "as_page",
    "as_text",
    "table",
]
