"""Values that a shell completes, and that are checked before anything is asked."""

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from elastic_mirror_policy._cli import COMMANDS, cli
from elastic_mirror_policy._cli.values import time_span
from elastic_mirror_policy.errors import ConfigurationError
from elastic_mirror_policy.risks import Risk


def completed(*words: str, kind: str | None = None) -> dict[str, str | None]:
    """Return what completes the last of the words, each with its help; of one kind only."""
    *before, begun = words
    complete = ShellComplete(cli, {}, "elastic-mirror-policy", "_ELASTIC_MIRROR_POLICY_COMPLETE")
    found = complete.get_completions(before, begun)
    return {item.value: item.help for item in found if kind in {None, item.type}}


def test_every_command_is_offered() -> None:
    """Sorted, as in the help."""
    assert list(completed("")) == sorted(COMMANDS)


def test_risks_are_offered_with_what_they_mean() -> None:
    """Only those that begin so."""
    assert completed("apply", "--allow", "") == {risk.value: risk.meaning for risk in Risk}
    assert completed("apply", "--allow", "el") == {"elastic-cdn": Risk("elastic-cdn").meaning}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("plan", "--set", "linux.ch"), ["linux.channel="]),
        (("plan", "--set", "ch"), ["channel="]),
        (("plan", "--unset", "proxy_d"), ["proxy_disable"]),
        (("plan", "--unset", "solaris."), []),
    ],
)
def test_keys_are_offered_of_one_system_or_of_all(words: tuple[str, ...], found: list[str]) -> None:
    """With `=` behind them where a value follows."""
    assert list(completed(*words)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["a.journal", "b.journal"]),
        ("b", ["b.journal"]),
        ("c", ["c"]),
        ("sub/", ["sub/c.journal"]),
    ],
)
def test_journals_are_offered_as_they_were_typed(
    typed: str, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is none, the shell looks for files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.journal", "b.journal", "c.txt", "sub/c.journal"):
        (tmp_path / name).touch()

    assert list(completed("apply", "--resume", typed)) == found


@pytest.mark.parametrize(
    "words",
    [
        ("plan", "--ca-cert"),
        ("plan", "--rules"),
        ("plan", "--out"),
        ("apply",),
        ("endpoints", "--synced-at"),
        ("mirror", "sync"),
        ("mirror", "unpack"),
        ("mirror", "log", "a.log"),
    ],
)
def test_files_and_folders_are_left_to_the_shell(words: tuple[str, ...]) -> None:
    """Without this a shell that asks the command would complete no path at all."""
    assert completed(*words, "x", kind="file") == {"x": None}
    assert completed(*words, "x", kind="plain") == {}


@pytest.mark.parametrize("option", ["--name", "--base-url", "--timeout"])
def test_what_is_not_a_file_is_not_completed_as_one(option: str) -> None:
    """A name, a URL and a number."""
    assert completed("plan", option, "x", kind="file") == {}


@pytest.mark.parametrize(("content", "found"), [("[kibana.eu]\n[kibana.us]\n", ["eu"]), ("[", [])])
def test_kibanas_of_the_configuration_file_are_offered(
    content: str, found: list[str], tmp_path: Path
) -> None:
    """None, and no complaint, where it cannot be used."""
    file = tmp_path / "kibanas.toml"
    file.write_text(content, "utf-8")

    assert list(completed("plan", "--config", str(file), "--kibana", "e")) == found


def test_a_span_that_is_shown_again_stays_as_it_was_written() -> None:
    """A report names the window that was asked for."""
    assert time_span("--window").convert("2w", None, None) == "2w"


@pytest.mark.parametrize("text", ["0", "3651d", "soon"])
def test_nothing_and_more_than_ten_years_are_no_windows(text: str) -> None:
    """No report lies in the one, and no clock goes back by the other."""
    with pytest.raises(ConfigurationError, match=r"--window .* is not a span of time"):
        time_span("--window").convert(text, None, None)
