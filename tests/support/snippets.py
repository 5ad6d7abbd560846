"""The fenced blocks of the README and of the documentation."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.needs import REPOSITORY

PROGRAM: Final = "elastic-mirror-policy"
FENCE: Final = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
PROMPT: Final = re.compile(r"^[a-z]*[$#] ")
PUNCTUATION: Final = frozenset("();<>|&")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One fenced block.

    Attributes:
        page: The page, as the project names it.
        line: Where it begins.
        language: What stands behind the fence.
        text: What is in it.
    """

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def typed(self) -> str:
        """What a reader would type: of a console the lines behind a prompt, else everything.

        A line that ends with a backslash goes on in the next one.
        """
        if self.language != "console":
            return self.text
        joined = self.text.replace("\\\n", " ").splitlines()
        lines = (PROMPT.sub("", line) for line in joined if PROMPT.match(line))
        return "".join(f"{line}\n" for line in lines)


def pages() -> tuple[Path, ...]:
    """Return the README and every page of the documentation."""
    below = (REPOSITORY / "docs").rglob("*.md")
    return (REPOSITORY / "README.md", *sorted(p for p in below if "_build" not in p.parts))


def snippets() -> Iterator[Snippet]:
    """Yield every block of every page."""
    for path in pages():
        text = path.read_text("utf-8")
        for match in FENCE.finditer(text):
            indent = match["indent"]
            lines = match["body"].splitlines(keepends=True)
            body = "".join(line.removeprefix(indent) for line in lines)
            line = text.count("\n", 0, match.start()) + 1
            page = path.relative_to(REPOSITORY).as_posix()
            yield Snippet(page, line, match["language"].strip(), body)


def own_commands(script: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of our own command in a piece of shell."""
    for line in script.replace("\\\n", " ").splitlines():
        words = _words(line)
        while PROGRAM in words:
            words = words[words.index(PROGRAM) + 1 :]
            operators = (place for place, word in enumerate(words) if set(word) <= PUNCTUATION)
            end = next(operators, len(words))
            is_stream = words[end : end + 1] in ([">"], [">&"]) and words[end - 1] == "2"
            yield words[: end - 1 if is_stream else end]


def _words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        return [Path(word).name if word.endswith(f"/{PROGRAM}") else word for word in lexer]
    except ValueError:  # quotes that end on another line
        return []
