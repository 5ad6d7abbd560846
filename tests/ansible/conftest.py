"""The collection, built and installed once, and the Ansible that runs it."""

import importlib.util
import os

import pytest
from support.ansible_runs import Ansible


@pytest.fixture(scope="session")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Give Ansible with the collection installed; skip where there is none, but not in CI."""
    if importlib.util.find_spec("ansible") is None:
        reason = "ansible-core is not installed (dependency group 'ansible')"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return Ansible.install(tmp_path_factory.mktemp("ansible"))
