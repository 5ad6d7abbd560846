"""The reference names what there is: variables, messages, names, exit codes."""

import ast
import re

import pytest
from pydantic import AliasChoices
from support.needs import REPOSITORY
from support.sources import modules

import elastic_mirror_policy
from elastic_mirror_policy._cli import USAGE
from elastic_mirror_policy._cli.environment import Environment

REFERENCE = REPOSITORY / "docs" / "reference"
SHORTEST = 4
"""A shorter piece of a message is found anywhere."""


def page(name: str) -> str:
    """Return one page of the reference."""
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def first_cells(name: str) -> list[str]:
    """Return what stands in code in the first cell of each row of a page."""
    return re.findall(r"^\| `([^`]+)`", page(name), re.MULTILINE)


def texts_of_the_package() -> str:
    """Return every text of the package, where f-strings have a mark for their values."""
    texts = []
    for module in modules().values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.JoinedStr):
                parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
                texts.append("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    return "\n".join(texts)


def variables() -> set[str]:
    """Return every variable that the command line reads."""
    names: set[str] = set()
    for field in Environment.model_fields.values():
        alias = field.validation_alias
        names |= set(map(str, alias.choices)) if isinstance(alias, AliasChoices) else {str(alias)}
    return names


def test_the_environment_page_names_every_variable_that_is_read() -> None:
    """And no other."""
    listed = set(re.findall(r"`((?:KIBANA|ELASTICSEARCH)_[A-Z_]+)`", page("environment")))

    assert listed == variables()


def test_the_python_page_documents_every_public_name() -> None:
    """What can be imported can be looked up."""
    directives = re.findall(r":: elastic_mirror_policy\.(.+)", page("api"))
    documented = {name.rpartition(".")[2] for name in directives}
    errors = {name for name in elastic_mirror_policy.__all__ if name.endswith("Error")}

    assert set(elastic_mirror_policy.__all__) - errors <= documented
    assert "automodule:: elastic_mirror_policy.errors" in page("api")


def pieces_of(message: str) -> list[str]:
    """Return what stands between the values in a message, where it is long enough to be found."""
    pieces = [piece.strip() for piece in re.split(r"…|\(\d+\)", message)]
    return [piece for piece in pieces if len(piece) >= SHORTEST]


def test_every_message_that_is_explained_is_one_of_ours() -> None:
    """Whoever searches the page for a message finds the one the program prints."""
    said, messages = texts_of_the_package(), first_cells("errors")

    assert messages
    assert [message for message in messages if not pieces_of(message)] == []
    assert [piece for one in messages for piece in pieces_of(one) if piece not in said] == []


def test_the_exit_codes_page_names_the_code_for_a_mistake() -> None:
    """The number that differs from other programs."""
    assert f"| {USAGE} | a mistake in the command line" in page("exit-codes")


@pytest.mark.parametrize("part", ["settings", "risks"])
def test_the_settings_page_is_made_from_the_code(part: str) -> None:
    """Settings and risks are put there when the page is built."""
    assert f"<!-- generated: {part} -->" in page("settings")
