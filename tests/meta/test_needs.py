"""What a machine lacks is a skipped test, and in CI a failure."""

from pathlib import Path

import pytest
from support import needs


def test_a_missing_program_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every machine has a web server; the reason says how to get it."""
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="apt-get install no-such-package"):
        needs.need_binary("no-such-program", package="no-such-package")


def test_a_missing_program_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that CI leaves out guards nothing."""
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        needs.need_binary("no-such-program")


def test_a_program_that_is_there_is_found() -> None:
    """The path is what the test starts."""
    assert Path(needs.need_binary("sh")).is_file()


def test_a_server_out_of_the_search_path_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An ordinary user does not have the folders of servers on the path."""
    server = tmp_path / "a-server"
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setattr(needs, "SERVER_PATH", (str(tmp_path),))

    assert needs.need_binary("a-server") == str(server)


def test_a_missing_package_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not every group of requirements is installed everywhere."""
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="pip install no-such-requirement"):
        needs.need_package("no_such_module", requirement="no-such-requirement")


def test_missing_recorded_facts_skip_the_test(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """They are kept beside the project, and not everywhere."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(needs, "SHARED_DATA", tmp_path)

    with pytest.raises(pytest.skip.Exception, match="data/openapi is not there"):
        needs.need_shared_data("openapi")


def test_missing_recorded_facts_fail_in_ci(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """CI has them, so their absence is a fault."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(needs, "SHARED_DATA", tmp_path)

    with pytest.raises(pytest.fail.Exception, match="data/openapi is not there"):
        needs.need_shared_data("openapi")


def test_recorded_facts_that_are_there_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The path leads below the folder of facts."""
    (tmp_path / "fleet").mkdir()
    monkeypatch.setattr(needs, "SHARED_DATA", tmp_path)

    assert needs.need_shared_data("fleet") == tmp_path / "fleet"
