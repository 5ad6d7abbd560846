"""The page about performance holds the tables that the benchmark prints."""

import pytest
from support.bench_page import COLUMNS, Results, Table, filled, markdown, marks, part
from support.needs import REPOSITORY

PAGE = (REPOSITORY / "docs" / "performance.md").read_text("utf-8")
NOXFILE = (REPOSITORY / "noxfile.py").read_text("utf-8")


def cells(line: str) -> tuple[str, ...]:
    """Return the cells of a line of a table."""
    return tuple(cell.strip() for cell in line.strip("|").split(" | "))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_of_the_page_has_the_columns_that_are_printed(name: str) -> None:
    """It is the benchmark that wrote it, and each of its rows is whole."""
    rows = [cells(line) for line in part(PAGE, name).splitlines() if line.startswith("|")]
    head, _, *body = rows

    assert head == COLUMNS[name]
    assert body
    assert {len(row) for row in body} == {len(head)}


def test_the_page_tells_how_to_measure_again() -> None:
    """The command is there, and it is one of nox."""
    assert "$ nox -s bench -- --write" in PAGE
    assert "def bench(" in NOXFILE


def test_what_was_measured_replaces_only_what_stands_between_the_marks() -> None:
    """A run of one file leaves the other tables as they are."""
    results = Results()
    results.growth.append(("1", "2", "3", "4"))
    page = filled(PAGE, results.parts())

    assert part(page, "growth") == markdown(COLUMNS["growth"], [("1", "2", "3", "4")])
    assert part(page, "beside") == part(PAGE, "beside")
    assert filled(page, {"growth": part(PAGE, "growth")}) == PAGE


def test_a_page_without_the_marks_is_left_alone() -> None:
    """Nothing is written to a place that is not there."""
    with pytest.raises(ValueError, match="not found"):
        filled(f"{marks('growth')[0]} and no end", {"growth": "text"})


def test_a_number_that_does_not_hold_fails_and_says_so_on_the_page() -> None:
    """The figure is kept, and nobody can take it for one that holds."""
    table = Table()
    with pytest.raises(AssertionError, match="requests: 12, but <= 10"):
        table.add("requests", "12", "<= 10", holds=False, how="one run")

    assert "| requests | <= 10 | **does not hold:** 12 | one run |" in str(table)


def test_a_goal_that_is_missed_stands_beside_the_bound_and_the_reason() -> None:
    """A reader sees all three."""
    table = Table()
    table.add("CPU", "0.9", "<= 1.0", holds=True, goal="<= 0.8", reason="JSON alone takes 0.7.")

    assert "| CPU | <= 0.8 (not reached; held: <= 1.0) | 0.9 |  |" in str(table)
    assert str(table).endswith("- CPU: JSON alone takes 0.7.")


def test_a_missed_goal_without_its_reason_is_refused() -> None:
    """It would be an excuse."""
    with pytest.raises(AssertionError, match="needs its reason"):
        Table().add("CPU", "0.9", "<= 1.0", holds=True, goal="<= 0.8")
