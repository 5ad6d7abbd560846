"""What a terminal shows is broken between words; what a pipe gets is one line."""

import io
import sys

import pytest

from elastic_mirror_policy._cli.terminal import (
    columns,
    draws,
    is_dumb,
    on_terminal,
    printing_to_terminal,
    wrapped,
)
from elastic_mirror_policy.render.table import width

MESSAGE = (
    "Error: The policy name 'nothing' matches nothing. Run 'elastic-mirror-policy policies' to see "
    "https://mirror.corp/downloads/endpoint/manifest/artifacts-9.4.2.zip."
)


class Terminal(io.StringIO):
    """Takes what is written, as a terminal."""

    def isatty(self) -> bool:
        """Whether it is a terminal: yes."""
        return True


def test_a_terminal_breaks_a_message_between_words_and_in_no_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What can be copied, a command or an address, stays in one piece."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert wrapped(MESSAGE).splitlines() == [
        "Error: The policy name 'nothing' matches nothing. Run",
        "'elastic-mirror-policy policies' to see",
        "https://mirror.corp/downloads/endpoint/manifest/artifacts-9.4.2.zip.",
    ]


def test_wide_characters_are_counted_as_a_terminal_draws_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script without blanks is broken between its characters."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", Terminal())

    lines = wrapped(f"Error: The policy {'東京' * 20} is not there.").splitlines()

    assert [width(line) <= 60 for line in lines] == [True, True]
    assert "".join(lines).count("東京") == 20


@pytest.mark.parametrize(
    ("kind", "dumb"), [("dumb", True), ("Unknown", True), ("xterm-256color", False), ("", False)]
)
def test_nothing_is_drawn_on_a_terminal_that_cannot_go_back(
    monkeypatch: pytest.MonkeyPatch, kind: str, *, dumb: bool
) -> None:
    """Nor where there is none."""
    monkeypatch.setenv("TERM", kind)
    monkeypatch.setattr(sys, "stderr", Terminal())

    assert is_dumb() is dumb
    assert draws() is not dumb

    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not draws()


def test_a_pipe_gets_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads it by line loses nothing."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    assert wrapped(MESSAGE) == MESSAGE


def test_a_process_may_have_no_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon has none, and nobody looks."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "__stdout__", None)

    assert (on_terminal(), printing_to_terminal(), columns()) == (False, False, 80)
