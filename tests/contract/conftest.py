"""Where the published descriptions of Kibana's API are: beside the repository, never inside it."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data"
TRUE = {"1", "true", "yes", "on"}


@pytest.fixture(scope="session")
def contract() -> Path:
    """The folder with the recorded facts; without it these tests are skipped, in CI they fail."""
    if FOLDER.is_dir():
        return FOLDER
    reason = "the API descriptions are not beside this repository (../shared/data)"
    if os.environ.get("CI", "").lower() in TRUE:
        pytest.fail(reason)
    pytest.skip(reason)
