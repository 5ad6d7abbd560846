"""The map of the folders, the list of decisions and the names of unit tests lead somewhere."""

import re
from pathlib import Path

import pytest
from support.needs import REPOSITORY
from support.sources import PACKAGE, modules

ROOT = REPOSITORY / PACKAGE
UNIT_TESTS = REPOSITORY / "tests" / "unit"
DECISIONS = sorted((REPOSITORY / "docs" / "adr").glob("0*.md"))
TEXT = (REPOSITORY / "docs" / "CONTRIBUTING.md").read_text("utf-8")
MAP = TEXT.split("## Where is what")[1].split("\n## ")[0]
NAMED = re.findall(r"`([\w/]+(?:\.py|/))`", MAP)


def test_every_file_on_the_map_exists() -> None:
    """A map of how it used to be sends people astray."""
    places = [name for name in NAMED if name != f"{PACKAGE}/"]

    assert [name for name in places if not (ROOT / name).exists()] == []
    assert len(places) > len(DECISIONS)


def test_every_folder_is_on_the_map_and_every_file_beside_them() -> None:
    """A question that is not on it would be asked again."""
    folders = {f"{path.parent.name}/" for path in ROOT.glob("*/__init__.py")}
    files = {path.name for path in ROOT.glob("*.py") if not path.name.startswith("__")}

    assert sorted((folders | files) - set(NAMED)) == []


@pytest.mark.parametrize(
    "question",
    [
        "Where is it decided what is written?",
        "Which keys may be in a PUT?",
        "What is an endpoint's verdict?",
        "How is a lost write judged?",
        "Where is an error's hint?",
        "How is a mirror checked?",
        "Where is an option declared?",
        "What does FakeKibana refuse?",
    ],
)
def test_what_maintainers_ask_is_on_the_map(question: str) -> None:
    """Each of these has an answer with a file in it."""
    (row,) = [line for line in MAP.splitlines() if line.startswith(f"| {question} |")]

    assert re.search(r"`[\w/]+\.py`", row)


def modules_named_by(path: Path) -> list[str]:
    """Return the modules that a file of unit tests may be named after: beside it, by its name."""
    folder, name = path.parent, path.stem.removeprefix("test_")
    beside = [module.path.relative_to(ROOT) for module in modules().values()]
    stems = [one.stem.strip("_") for one in beside if one.parent == folder]
    return [stem for stem in stems if name == stem or name.startswith(f"{stem}_")]


def test_a_unit_test_file_is_found_from_its_modules_name() -> None:
    """`a/test_b.py`, or `a/test_b_topic.py`, is about the module `a/b.py`."""
    files = [path.relative_to(UNIT_TESTS) for path in UNIT_TESTS.rglob("*.py")]

    assert files
    assert [str(path) for path in files if not modules_named_by(path)] == []


def test_decisions_are_numbered_once_each() -> None:
    """A number means one page, and its title says the number of its file."""
    numbers = [int(path.name.split("-")[0]) for path in DECISIONS]
    titles = [path.read_text("utf-8").split(".")[0] for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert titles == [f"# {number}" for number in numbers]
