"""The public face: few names, sorted, importable, documented, loaded when used."""

import ast
import inspect
import subprocess
import sys

from support.sources import PACKAGE, modules

import elastic_mirror_policy

MOST_NAMES = 35
CONSTANTS = {"ALL_SPACES", "CLEAR"}
DOCUMENTED = sorted(set(elastic_mirror_policy.__all__) - CONSTANTS)


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    code = f"import sys; {statement}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, check=True, text=True
    )
    return set(ran.stdout.split())


def type_checking_imports() -> dict[str, str]:
    """Return what type checkers see: each name and the module it comes from."""
    block = next(node for node in modules()[""].tree.body if isinstance(node, ast.If))
    return {
        alias.name: (node.module or "").removeprefix(f"{PACKAGE}.")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_the_public_names_are_few_and_sorted() -> None:
    """What is public stays; so there is little of it."""
    names = elastic_mirror_policy.__all__

    assert len(names) <= MOST_NAMES
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), name))


def test_every_public_name_can_be_imported() -> None:
    """A name in the list is a promise."""
    names = elastic_mirror_policy.__all__
    listed = dir(elastic_mirror_policy)

    assert [n for n in names if not hasattr(elastic_mirror_policy, n) or n not in listed] == []


def test_every_public_name_is_documented_where_it_is_written() -> None:
    """An inherited docstring speaks of something else."""
    sources = {
        name: ast.parse(inspect.getsource(getattr(elastic_mirror_policy, name))).body[0]
        for name in DOCUMENTED
    }
    documented = [
        name
        for name, source in sources.items()
        if isinstance(source, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(source)
    ]

    assert documented == DOCUMENTED


def test_every_public_method_is_documented() -> None:
    """What users can call, they can read about."""
    members = {
        f"{name}.{member}": value
        for name in DOCUMENTED
        for member, value in vars(getattr(elastic_mirror_policy, name)).items()
        if not member.startswith("_") and (callable(value) or isinstance(value, property))
    }

    assert [name for name, value in members.items() if not inspect.getdoc(value)] == []


def test_type_checkers_see_what_is_there() -> None:
    """The names loaded later and those written down for type checkers are the same."""
    seen = type_checking_imports()
    homes = {name: home for home, names in elastic_mirror_policy._HOMES.items() for name in names}

    assert seen == homes
    assert sorted(seen) == sorted(elastic_mirror_policy.__all__)


def test_importing_the_package_loads_no_library() -> None:
    """A script pays for what it uses, when it uses it."""
    libraries = {"requests", "pydantic", "tenacity", "click", "rich"}

    assert libraries & loaded_by(f"import {PACKAGE}") == set()


def test_the_library_works_without_its_extras() -> None:
    """Nobody has to install a command line to use Python."""
    libraries = {"click", "rich", "pydantic_settings", "cryptography", "prometheus_client"}
    statement = f"import {PACKAGE}; [getattr({PACKAGE}, n) for n in {PACKAGE}.__all__]"

    assert libraries & loaded_by(statement) == set()
