"""The project's own files, parsed, for the tests that hold its rules."""

import ast
import functools
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.needs import REPOSITORY

PACKAGE: Final = "elastic_mirror_policy"
BINARY: Final = frozenset({".png", ".pyc"})


@dataclass(frozen=True, slots=True)
class Module:
    """One module of the package.

    Attributes:
        name: Its name below the package, such as `render._diff`; empty for the package itself.
        path: Its file.
        text: What it says.
        tree: The same, parsed.
    """

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def summary(self) -> str:
        """The first paragraph of its docstring."""
        return (ast.get_docstring(self.tree) or "").split("\n\n")[0]

    @property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method in it."""
        return [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]

    def imports(self) -> frozenset[str]:
        """Return what is imported when the module is, by its full name."""
        return _imported(self.tree.body)

    def imports_anywhere(self) -> frozenset[str]:
        """Return what it imports in functions and for type checkers too, by its full name."""
        return _imported(ast.walk(self.tree))


def _imported(nodes: Iterable[ast.AST]) -> frozenset[str]:
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


@functools.cache
def modules() -> dict[str, Module]:
    """Return every module of the package, by its name below the package."""
    root = REPOSITORY / PACKAGE
    found = {}
    for path in sorted(root.rglob("*.py")):
        steps = path.relative_to(root).with_suffix("").parts
        name = ".".join(steps[:-1] if steps[-1] == "__init__" else steps)
        text = path.read_text("utf-8")
        found[name] = Module(name, path, text, ast.parse(text))
    return found


@functools.cache
def own_imports(name: str) -> frozenset[str]:
    """Return the modules of the package that a module imports when it is imported itself."""
    return _own(modules()[name].imports())


@functools.cache
def named_anywhere(name: str) -> frozenset[str]:
    """Return the modules of the package that a module imports at any time, or names as types."""
    return _own(modules()[name].imports_anywhere())


def _own(full_names: Iterable[str]) -> frozenset[str]:
    found = set()
    for full in full_names:
        steps = full.split(".")
        if steps[0] == PACKAGE:
            inner, outer = ".".join(steps[1:]), ".".join(steps[1:-1])
            found.add(inner if inner in modules() else outer)
    return frozenset(found)


@functools.cache
def reached(name: str) -> frozenset[str]:
    """Return the modules of the package that come along when a module is imported."""
    return _closure(name, own_imports)


@functools.cache
def reached_anyhow(name: str) -> frozenset[str]:
    """Return the modules that a module may bring along at any time."""
    return _closure(name, named_anywhere)


def _closure(name: str, imports: Callable[[str], frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = imports(waiting.pop()) - found
        found |= new
        waiting += new
    return frozenset(found)


@functools.cache
def tracked_files() -> tuple[Path, ...]:
    """Return every text file of the project: what git tracks, or else what is there."""
    names = _listed_by_git() or _found_by_looking()
    paths = (REPOSITORY / name for name in names)
    return tuple(path for path in paths if path.is_file() and path.suffix not in BINARY)


def _listed_by_git() -> list[str]:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.stdout.split("\0") if name]


def _found_by_looking() -> list[str]:
    tops = ("LICENSE", "README.md", "noxfile.py", "pyproject.toml")
    folders = (PACKAGE, "docs", "examples", "tests")
    below = (path for folder in folders for path in (REPOSITORY / folder).rglob("*"))
    names = (path.relative_to(REPOSITORY).as_posix() for path in below)
    return [*tops, *(name for name in names if "__pycache__" not in name and "_build" not in name)]
