"""The completion script, and commands that do not exist."""

import pytest
from support.commands import Shell


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_a_script_asks_the_command_for_completions(shell: Shell, name: str) -> None:
    """Each shell has its own; nothing else is printed."""
    ended = shell.run("completion", name)

    assert (ended.code, ended.err) == (0, "")
    assert f"_ELASTIC_MIRROR_POLICY_COMPLETE={name}_complete" in ended.out


def test_an_option_that_does_not_exist_is_not_taken_for_a_command(shell: Shell) -> None:
    """Not even after `--`."""
    ended = shell.run("--", "--planned")

    assert ended.code == 64
    assert "--planned" in ended.err
    assert "No such command" not in ended.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("completion",), "bash, zsh, fish. See '"),
        (("polices",), "Did you mean policies? See '"),
        (("policies", "--nmae"), "?) See '"),
    ],
)
def test_a_mistake_is_told_in_whole_sentences(
    shell: Shell, words: tuple[str, ...], said: str
) -> None:
    """What is wrong ends before the advice begins."""
    assert said in shell.run(*words).err
