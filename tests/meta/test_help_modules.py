"""Help is quick because it imports click and the options, and nothing that only a command needs."""

import subprocess
import sys

from elastic_mirror_policy._cli import COMMANDS
from elastic_mirror_policy._cli.mirror import COMMANDS as MIRROR_COMMANDS
from elastic_mirror_policy._cli.mirror.options import UPSTREAM
from elastic_mirror_policy.mirror.layout import UPSTREAM as UPSTREAM_OF_LAYOUT

SHOW_MODULES = """
import sys
from elastic_mirror_policy.__main__ import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""
HEAVY = {
    *("annotated_types", "difflib", "importlib.metadata", "json", "logging", "pathlib"),
    *("platformdirs", "pydantic", "pydantic_core", "pydantic_settings", "requests", "rich"),
    *("ssl", "socket", "tenacity", "tempfile", "tomllib", "urllib", "urllib3"),
}
"""What costs more than its share of an empty Python, or brings along what does."""

PACKAGE = "elastic_mirror_policy"
LIGHT = (f"{PACKAGE}._cli", f"{PACKAGE}._version", f"{PACKAGE}.__main__", f"{PACKAGE}.risks")
EVERY = sorted([*COMMANDS, *(f"mirror {name}" for name in MIRROR_COMMANDS)])


def modules_of(*words: str) -> set[str]:
    """Return the modules that a command line leaves in memory."""
    ran = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *words], capture_output=True, text=True, check=True
    )
    return set(ran.stderr.split())


def is_heavy(name: str) -> bool:
    """Whether a module has no place in help: it talks, draws, or is one of ours that does."""
    return name in HEAVY or (name.startswith(f"{PACKAGE}.") and not name.startswith(LIGHT))


def test_help_and_version_import_nothing_heavy() -> None:
    """Neither the libraries that talk and draw, nor the modules of ours that use them."""
    # Some installations load a few modules into every Python before anything of ours runs.
    bare = [sys.executable, "-c", "import sys; print(*sys.modules)"]
    ran = subprocess.run(bare, capture_output=True, text=True, check=True)
    before = set(ran.stdout.split())
    lines = ("--help", "--version", *(f"{name} --help" for name in EVERY))
    loaded = {line: modules_of(*line.split()) - before for line in lines}

    assert [(line, name) for line in lines for name in loaded[line] if is_heavy(name)] == []


def test_what_help_says_of_the_upstream_is_what_the_mirror_uses() -> None:
    """It is written twice, because help must not import the mirror."""
    assert UPSTREAM == UPSTREAM_OF_LAYOUT
