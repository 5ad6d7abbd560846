"""What every value that can be shown has: text, Markdown and HTML from its views (pure)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final

from elastic_mirror_policy.render import html, markdown
from elastic_mirror_policy.render.text import WIDTH, TextWriter
from elastic_mirror_policy.render.view import View

LIMIT: Final = 20
"""How many of each list text and Markdown show before the rest is only counted."""

HTML_LIMIT: Final = 200
"""The same for HTML, where long lists start folded."""


def as_text(
    views: Iterable[View],
    *,
    limit: int | None = LIMIT,
    width: int = WIDTH,
    colour: bool = False,
    one_line: bool = True,
) -> str:
    """Return views as text for a terminal.

    Args:
        views: What there is to say.
        limit: How many of each list are shown; None shows all.
        width: How many columns the terminal has.
        colour: Whether it shows colours; no colour in it comes from a policy or a server.
        one_line: Whether the totals at the end stay one line, however narrow the terminal.
    """
    writer = TextWriter(limit, width, colour, one_line)
    return "\n".join(map(writer.write, views))


def as_markdown(views: Iterable[View], *, limit: int | None = LIMIT) -> str:
    """Return views as Markdown for a pull request.

    Args:
        views: What there is to say.
        limit: How many of each list are shown; None shows all.
    """
    return "\n".join(markdown.as_markdown(view, limit) for view in views)


def as_html(views: Iterable[View], *, limit: int | None = HTML_LIMIT) -> str:
    """Return views as HTML fragments for a notebook.

    Args:
        views: What there is to say.
        limit: How many of each list are in it; None gives all.
    """
    return "\n".join(html.as_html(view, limit) for view in views)


def as_page(views: Iterable[View], *, limit: int | None = None, made: str = "") -> str:
    """Return views as one HTML page that loads nothing and runs nothing, for a screen or paper.

    Args:
        views: What there is to say.
        limit: How many of each list are in it; None gives all.
        made: When it was made, and by what; the last line.
    """
    return html.as_page(tuple(views), limit, made)


class Viewable(ABC):
    """A value that says what there is to say about it, and is shown in every format."""

    __slots__ = ()

    @abstractmethod
    def views(self) -> tuple[View, ...]:
        """Return what there is to say, before any format."""

    @property
    @abstractmethod
    def gist(self) -> str:
        """What it comes to, in a few words."""

    def to_text(
        self, *, limit: int | None = LIMIT, width: int = WIDTH, colour: bool = False
    ) -> str:
        """Return it as text for a terminal.

        Args:
            limit: How many of each list are shown; None shows all.
            width: How many columns the terminal has.
            colour: Whether it shows colours.
        """
        return as_text(self.views(), limit=limit, width=width, colour=colour)

    def to_markdown(self, *, limit: int | None = LIMIT) -> str:
        """Return it as Markdown for a pull request.

        Args:
            limit: How many of each list are shown; None shows all.
        """
        return as_markdown(self.views(), limit=limit)

    def to_html(self, *, limit: int | None = None) -> str:
        """Return it as one HTML page that loads and runs nothing; no name in it is markup.

        Args:
            limit: How many of each list are in it; None gives all.
        """
        return as_page(self.views(), limit=limit)

    def __str__(self) -> str:
        return self.to_text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.gist}>"

    def _repr_html_(self) -> str:
        return as_html(self.views())
