"""What a shell is told when it asks what completes a line."""

from pathlib import Path

import pytest

from elastic_mirror_policy.__main__ import main


@pytest.fixture(params=["bash", "zsh", "fish"])
def asking(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a shell that asks."""
    shell: str = request.param
    monkeypatch.setenv("_ELASTIC_MIRROR_POLICY_COMPLETE", f"{shell}_complete")
    return shell


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ro", "plain\trollback\tUndo a rollout from its journal (--yes to..."),
        ("plan --unset proxy_d", "plain\tproxy_disable\t"),
        ("plan --name 'a b' --unset proxy_d", "plain\tproxy_disable\t"),
        ("plan --unset=proxy_d", "plain\tproxy_disable\t"),
        ("rollback ", "plain\tit's a.journal\t"),
        ("rollback it\\'s\\ ", "plain\tit's a.journal\t"),
        ('rollback "it', "plain\tit's a.journal\t"),
        ("rollback x", "file\tx\t"),
        ("mirror sync 'my fo", "file\tmy fo\t"),
    ],
)
@pytest.mark.usefixtures("asking")
def test_every_shell_is_told_the_kind_the_value_and_what_it_means(
    line: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Words are read as a shell reads them; a name that no line can hold is left out."""
    for name in ("it's a.journal", "two\nlines.journal", "\x1b[7m.journal"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMP_WORDS", f"elastic-mirror-policy {line}")

    with pytest.raises(SystemExit) as ended:
        main([])

    assert ended.value.code == 0
    assert capsys.readouterr() == (f"{told}\n", "")
