"""What was meant by a word that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(word: str, known: Iterable[str]) -> str:
    """Return a question after what was meant by a word that is not known, or nothing."""
    close = get_close_matches(word, [*known], n=1)
    return f" Did you mean {close[0]}?" if close else ""
