"""The examples in docstrings say what happens."""

import doctest
import importlib

import pytest
from support.sources import PACKAGE, modules

WITH_EXAMPLES = [name for name, module in modules().items() if ">>> " in module.text]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    """They are read in the reference, and believed."""
    module = importlib.import_module(f"{PACKAGE}.{name}".rstrip("."))

    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0
