"""Modules and functions stay small enough to be read in one go."""

import ast
import re
import statistics

from support.sources import Module, modules

MEDIAN_LINES = 150
MOST_LINES = 400
MOST_BODY_LINES = 40
FORBIDDEN_WORDS = {"util", "utils", "helper", "helpers", "manager", "common", "misc", "base"}


def line_count(module: Module) -> int:
    """Return how many lines a module has."""
    return module.text.count("\n")


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many lines a function has without its signature and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_module_is_longer_than_400_lines() -> None:
    """A longer one answers more than one question."""
    lines = {name: line_count(module) for name, module in modules().items()}

    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def test_the_median_module_has_at_most_150_lines() -> None:
    """Most modules fit on two screens."""
    assert statistics.median(line_count(module) for module in modules().values()) <= MEDIAN_LINES


def test_no_function_body_is_longer_than_40_lines() -> None:
    """A longer one does more than one thing."""
    lines = {
        f"{name}.{function.name}": body_lines(function)
        for name, module in modules().items()
        for function in module.functions
    }

    assert {name: count for name, count in lines.items() if count > MOST_BODY_LINES} == {}


def test_the_median_function_body_has_at_most_6_lines() -> None:
    """Most functions do one thing."""
    lengths = [body_lines(f) for module in modules().values() for f in module.functions]

    assert statistics.median(lengths) <= 6


def test_modules_are_named_after_what_they_hold() -> None:
    """A name such as `utils` takes anything in."""
    vague = [name for name in modules() if FORBIDDEN_WORDS & set(re.split(r"[._]", name))]

    assert vague == []


def test_every_module_says_what_it_owns() -> None:
    """The first sentence of a module is its job."""
    assert [name for name, module in modules().items() if not module.summary] == []
