"""The collection's Python, imported in this process."""

import importlib
import sys
from types import ModuleType

from support.ansible_runs import COLLECTION, MODULE

from elastic_mirror_policy._json import JsonValue

_PACKAGE = "collection_under_test"


def module_util(name: str) -> ModuleType:
    """Return one file of `plugins/module_utils`."""
    return _import(f"module_utils.{name}")


def module_file(name: str) -> ModuleType:
    """Return one file of `plugins/modules`."""
    return _import(f"modules.{name}")


def checked(options: JsonValue, module: str = MODULE) -> JsonValue:
    """Return the options of a task as Ansible's own validation leaves them.

    Raises:
        ValueError: Ansible refuses them, in its own words.
    """
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator  # noqa: PLC0415

    arguments = module_file(module.rsplit(".", 1)[-1]).ARGUMENTS
    result = ArgumentSpecValidator(arguments).validate(options)
    if result.error_messages:
        raise ValueError(" ".join(result.error_messages))
    return result.validated_parameters


def _import(name: str) -> ModuleType:
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(COLLECTION / "plugins")]
    sys.modules.setdefault(_PACKAGE, package)
    return importlib.import_module(f"{_PACKAGE}.{name}")
