"""What some tests need from the machine: without it they are skipped, and in CI they fail."""

import importlib.util
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
    return shutil.which(name, path=search) or leave_out(
        f"{name} is not installed (on Debian: apt-get install {package or name})"
    )


def need_package(module: str, *, requirement: str) -> None:
    """Return when a module can be imported.

    Args:
        module: Its name.
        requirement: What to install for it.
    """
    if importlib.util.find_spec(module) is None:
        leave_out(f"{requirement} is not installed (pip install {requirement})")


def need_shared_data(*steps: str) -> Path:
    """Return a file or folder of the recorded facts about Kibana, kept beside the project.

    Args:
        steps: Its path below `../shared/data`, such as `"openapi"`.
    """
    found = SHARED_DATA.joinpath(*steps)
    return found if found.exists() else leave_out(f"../shared/data/{'/'.join(steps)} is not there")


def leave_out(reason: str) -> NoReturn:
    """Skip a test for want of something; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; in CI this must not be left out", pytrace=False)
    pytest.skip(reason)
