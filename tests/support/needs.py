"""What some tests need from the machine: without it they are skipped, and in CI they fail."""

import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
SHARED_DATA: Final = REPOSITORY.parent / "shared" / "data"
SERVER_PATH: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where servers are that are not on the search path of an ordinary user."""


def need_binary(name: str, *, package: str | None = None) -> str:
    """Return the path of a program.

    Args:
        name: The program.
        package: The Debian package that has it, when it is called otherwise.
    """
    search = os.pathsep.join((os.environ.get("PATH", os.defpath), *SERVER_PATH))
    return shutil.which(name, path=search) or _missing(
        f"{name} is not installed (on Debian: apt-get install {package or name})"
    )


def need_shared_data(*steps: str) -> Path:
    """Return a file or folder of the recorded facts about Kibana, kept beside the project.

    Args:
        steps: Its path below `../shared/data`, such as `"openapi"`.
    """
    found = SHARED_DATA.joinpath(*steps)
    return found if found.exists() else _missing(f"../shared/data/{'/'.join(steps)} is not there")


def _missing(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI this must not be left out", pytrace=False)
    pytest.skip(reason)
