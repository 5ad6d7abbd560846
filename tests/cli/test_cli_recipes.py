"""The script for cron in the documentation: it prints, and so mails, only what is news."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import environment_for
from support.snippets import PROGRAM, snippets

from elastic_mirror_policy import Kibana
from elastic_mirror_policy.testing import FakeArtifactServer, FakeKibana

SCRIPT = next(
    one.text
    for one in snippets()
    if one.page.endswith("drift-check.md") and one.text.startswith("#!/bin/sh")
)


@pytest.fixture
def mirror() -> Iterator[FakeArtifactServer]:
    """Give a mirror that is healthy."""
    with FakeArtifactServer.example("9.4.2") as mirror:
        yield mirror


def by_cron(fake: FakeKibana, mirror: FakeArtifactServer, folder: Path, **variables: str) -> str:
    """Return what the script prints to the one who gets the mail; it never fails itself."""
    program = folder / PROGRAM
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m elastic_mirror_policy "$@"\n')
    program.chmod(0o700)
    environment = environment_for(fake, **variables)
    ran = subprocess.run(
        ["sh", "-c", SCRIPT.replace("https://mirror.corp", mirror.url)],
        cwd=folder,
        env={**environment, "PATH": f"{folder}:{environment['PATH']}"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stderr == ""
    return ran.stdout


def test_the_script_for_cron_is_silent_when_there_is_no_drift(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """No mail is good news."""
    with Kibana(fake.url, api_key=fake.api_key) as kibana:
        kibana.apply(kibana.plan(mirror.url), journal=tmp_path / "a.journal")

    assert by_cron(fake, mirror, tmp_path) == ""


def test_the_script_for_cron_prints_what_drifted(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """The whole plan."""
    assert "6 to change" in by_cron(fake, mirror, tmp_path)


def test_the_script_for_cron_prints_that_nothing_is_known(
    fake: FakeKibana, mirror: FakeArtifactServer, tmp_path: Path
) -> None:
    """A key that has expired is no silence."""
    printed = by_cron(fake, mirror, tmp_path, KIBANA_API_KEY="expired")

    assert printed.startswith("Error: ")
    assert "to change" not in printed
