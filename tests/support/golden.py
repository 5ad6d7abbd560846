"""Printed texts, written down where a test expects them."""

from textwrap import dedent


def golden(text: str) -> str:
    """Return an indented text of a test as it is printed."""
    return dedent(text).lstrip("\n")
