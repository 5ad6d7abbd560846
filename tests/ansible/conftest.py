"""The collection, built and installed once, and the Ansible that runs it."""

import pytest
from support.ansible_runs import Ansible
from support.needs import need_package


@pytest.fixture(scope="session")
def ansible(tmp_path_factory: pytest.TempPathFactory) -> Ansible:
    """Give Ansible with the collection installed; skip where there is none, but not in CI."""
    need_package("ansible", requirement="ansible-core")
    return Ansible.install(tmp_path_factory.mktemp("ansible"))
