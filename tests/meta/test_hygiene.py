"""Budgets for exceptions to the rules, and words that have no place in the project."""

import ast
import re
from pathlib import Path

import pytest
from support.needs import REPOSITORY
from support.sources import modules, tracked_files

MOST_PRAGMAS = 3
MOST_IGNORES = 3
# Joined here, so that this file does not hold what it looks for.
PRAGMA = "pragma: " + "no cover"
IGNORE = "type: " + "ignore"
NOQA = "no" + "qa"
PRIVATE = re.compile("/(wo" + "rk|ro" + r"ot)/|\btmp/ve" + r"nv\b|\.lib" + "rary|/opt/wh" + "eels")
SHARED = "../" + "shared"
MAY_NAME_SHARED = ("tests/support/needs.py", "tests/contract/", "docs/CONTRIBUTING.md")


def name_of(path: Path) -> str:
    """Return a path as the project names it."""
    return path.relative_to(REPOSITORY).as_posix()


def lines_with(text: str) -> list[str]:
    """Return the lines of the package that hold a text."""
    return [
        f"{module.name}: {line.strip()}"
        for module in modules().values()
        for line in module.text.splitlines()
        if text in line
    ]


def test_at_most_three_places_are_left_out_of_coverage() -> None:
    """What cannot be tested is the exception, and counted."""
    assert len(lines_with(PRAGMA)) <= MOST_PRAGMAS


def test_at_most_three_places_are_left_out_of_type_checking() -> None:
    """What cannot be typed is the exception, and counted."""
    assert len(lines_with(IGNORE)) <= MOST_IGNORES


def test_every_exception_to_a_rule_names_the_rule() -> None:
    """A bare one would hide whatever comes later."""
    bare = [line for line in lines_with(NOQA) if not re.search(NOQA + r": [A-Z]+[0-9]+", line)]

    assert bare == []


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    """The project speaks of itself alone."""
    naming = [name_of(path) for path in tracked_files() if PRIVATE.search(path.read_text("utf-8"))]

    assert naming == []


def test_the_recorded_facts_are_named_in_few_places() -> None:
    """They are kept beside the project, and are not part of it."""
    naming = [name_of(path) for path in tracked_files() if SHARED in path.read_text("utf-8")]

    assert [name for name in naming if not name.startswith(MAY_NAME_SHARED)] == []


BARE_NAME = re.compile(
    r"(?:\bpipx? (?:install|download|wheel)|\buvx|\buv (?:pip|tool)|\b\w*(?:pip|name|requirement):)"
    r"[^\n]*[ '\"=]elastic[-_]mirror[-_]policy(?=[\[ '\"\n=<>~]|$)(?![^\n]*\.whl)"
)


def bare_installs(text: str) -> list[str]:
    """Return the lines that would fetch whatever somebody registered under our name."""
    return [
        line.strip()
        for line in text.splitlines()
        if BARE_NAME.search(line) and "--no-index" not in line and "--from" not in line
    ]


def test_no_document_installs_the_product_by_its_bare_name() -> None:
    """It is published nowhere, so the name may belong to anybody."""
    shown = [
        path
        for path in tracked_files()
        if path.suffix in {".md", ".yml", ".j2", ".ipynb", ".py", ".toml", ".service"}
        and not name_of(path).startswith(("tests/", "elastic_mirror_policy/endpoints/"))
    ]
    found = {name_of(path): bare_installs(path.read_text("utf-8")) for path in shown}

    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("$ pip install elastic-mirror-policy", True),
        ("- run: python3 -m pip install 'elastic-mirror-policy[cli]'", True),
        ("mirror_host_requirement: elastic-mirror-policy[cli,signature]", True),
        ("uv tool install elastic_mirror_policy", True),
        ("pip install --no-index --find-links wheels 'elastic-mirror-policy[cli]'", False),
        ("pip install './dist/elastic_mirror_policy-0.1.0-py3-none-any.whl[cli]'", False),
        ("pip install -q '.[cli]' && .venv/bin/elastic-mirror-policy demo", False),
        ("uvx --from ./x.whl elastic-mirror-policy demo", False),
    ],
)
def test_an_install_by_the_bare_name_is_recognised(line: str, *, bare: bool) -> None:
    """The rule above can fail, and leaves the right ways alone."""
    assert bool(bare_installs(line)) is bare


ASSERTING = re.compile(r"raises|warns|assert_\w+|run_state_machine_as_test")


def asserts(test: ast.FunctionDef) -> bool:
    """Whether it can be seen in a test itself that it may fail."""
    called = [node.func for node in ast.walk(test) if isinstance(node, ast.Call)]
    names = [
        one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in called
    ]
    return any(isinstance(node, ast.Assert) for node in ast.walk(test)) or any(
        ASSERTING.fullmatch(name) for name in names
    )


def test_every_test_says_what_it_asserts() -> None:
    """Those of `tests/bench` hand their figures to a table, which asserts."""
    files = [path for path in tracked_files() if re.match("tests/.*/test_.*py$", name_of(path))]
    silent = [
        f"{name_of(path)}: {node.name}"
        for path in files
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if not name_of(path).startswith("tests/bench/") and not asserts(node)
    ]

    assert files
    assert silent == []


def test_the_top_of_the_repository_is_tidy() -> None:
    """Everything has its folder."""
    tops = {name_of(path).split("/")[0] for path in tracked_files()}

    assert {top for top in tops if not top.startswith(".")} == {
        "LICENSE",
        "README.md",
        "docs",
        "elastic_mirror_policy",
        "examples",
        "noxfile.py",
        "pyproject.toml",
        "tests",
    }
