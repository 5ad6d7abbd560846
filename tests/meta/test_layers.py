"""Imports point one way, and what claims to be pure is."""

import ast

import pytest
from support.sources import PACKAGE, modules, own_imports, reached

LAYERS = (
    ("_http", "policies.document", "policies.defend", "settings"),
    ("_fleet", "mirror"),
    ("plan",),
    ("endpoints", "rollout"),
    ("kibana",),
    ("_cli",),
)
"""From the bottom: a module may import its own layer and those before it.

A name stands for a module with all that is below it.
"""

UPWARD = [
    (name, above)
    for height, layer in enumerate(LAYERS)
    for name in layer
    for above in (upper for higher in LAYERS[height + 1 :] for upper in higher)
]

SIDE_EFFECTS = frozenset(
    {
        "asyncio",
        "os",
        "pathlib",
        "random",
        "requests",
        "shutil",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib3",
    }
)
OS_TYPES = frozenset({"PathLike", "fspath"})
"""Of `os`, what is about types and touches nothing."""

CLOCK = frozenset({"now", "today", "utcnow"})
NAMES_ONLY = {
    "_http.failures": {"requests", "urllib3"},  # the exceptions it turns into ours
}
"""What a pure module imports for its names alone."""

PURE_THROUGHOUT = (
    "mirror.codes",
    "mirror.layout",
    "mirror.manifest",
    "plan.change",
    "plan.diff",
    "plan.guards",
    "plan.plan",
    "plan.planning",
    "plan.stored",
    "plan.view",
    "policies.defend",
    "policies.document",
    "policies.policy",
    "render",
    "rollout.report",
    "settings",
)


def family(name: str) -> set[str]:
    """Return a module and all that is below it."""
    return {other for other in modules() if other == name or other.startswith(f"{name}.")}


def claims_to_be_pure() -> list[str]:
    """Return the modules whose summary says so."""
    return [name for name, module in modules().items() if "(pure)" in module.summary]


def pure_throughout() -> list[str]:
    """Return the modules that may not even bring along anything with side effects."""
    return sorted(set().union(*map(family, PURE_THROUGHOUT)))


def outside(name: str) -> set[str]:
    """Return the top names of what a module imports from outside the package."""
    tops = {full.split(".")[0] for full in modules()[name].imports()}
    harmless = {"os"} if used_of(name, "os") <= OS_TYPES else set()
    return tops - {PACKAGE} - NAMES_ONLY.get(name, set()) - harmless


def used_of(name: str, library: str) -> set[str]:
    """Return which names of a library a module uses."""
    return {
        node.attr
        for node in ast.walk(modules()[name].tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == library
    }


@pytest.mark.parametrize(("lower", "upper"), UPWARD)
def test_no_module_imports_a_layer_above_its_own(lower: str, upper: str) -> None:
    """What is below can be used, tested and understood without what is above."""
    along = set().union(*map(reached, family(lower)))

    assert not along & family(upper)


@pytest.mark.parametrize("name", [name for layer in LAYERS for name in layer])
def test_every_layer_is_made_of_modules_that_exist(name: str) -> None:
    """A rule about a module that is not there would hold nothing."""
    assert family(name)


@pytest.mark.parametrize("name", sorted(modules()))
def test_no_module_is_imported_by_what_it_imports(name: str) -> None:
    """There is an order in which the modules can be read."""
    assert name not in reached(name)


@pytest.mark.parametrize("name", claims_to_be_pure())
def test_a_module_that_claims_to_be_pure_imports_no_side_effect(name: str) -> None:
    """Neither network nor clock nor disk, so that it can be tested with values alone."""
    assert not outside(name) & SIDE_EFFECTS


@pytest.mark.parametrize("name", claims_to_be_pure())
def test_a_module_that_claims_to_be_pure_does_not_ask_the_clock(name: str) -> None:
    """What time it is, it is told."""
    asked = {
        node.func.attr
        for node in ast.walk(modules()[name].tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCK
    }

    assert not asked


@pytest.mark.parametrize("name", pure_throughout())
def test_the_core_brings_along_no_side_effect(name: str) -> None:
    """Plans, documents and their rendering are pure, and so is all that they import."""
    tainted = {other for other in {name, *reached(name)} if outside(other) & SIDE_EFFECTS}

    assert not tainted


@pytest.mark.parametrize("name", [n for n in modules() if not n.startswith(("testing", "_cli"))])
def test_the_product_does_not_import_its_fakes(name: str) -> None:
    """Only the demo runs on them."""
    assert not {other for other in own_imports(name) if other.startswith("testing")}


@pytest.mark.parametrize("name", [n for n in modules() if n.startswith("testing")])
def test_the_fakes_do_not_use_the_client(name: str) -> None:
    """A fake that shared the client's idea of Kibana could not contradict it."""
    allowed = {"_json", "errors", "mirror.layout"}
    used = {other for other in own_imports(name) if not other.startswith("testing")}

    assert used <= allowed
