"""The modules that the documentation is built with."""

import importlib.util
import sys
from types import ModuleType

from support.needs import REPOSITORY


def docs_module(name: str) -> ModuleType:
    """Return a module of `docs/_ext`."""
    if name not in sys.modules:
        path = REPOSITORY / "docs" / "_ext" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]
