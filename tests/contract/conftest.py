"""Where the published descriptions of Kibana's API are: beside the repository, never inside it."""

from pathlib import Path

import pytest
from support.needs import need_shared_data


@pytest.fixture(scope="session")
def contract() -> Path:
    """The folder with the recorded facts; without it these tests are skipped, in CI they fail."""
    return need_shared_data()
