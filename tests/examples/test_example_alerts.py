"""`alerts.yml`: rules of Prometheus about figures that are written, all of them explained."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from elastic_mirror_policy.endpoints.verdicts import Verdict
from elastic_mirror_policy.metrics.families import FAMILIES, PREFIX, Family

TOP: Final = Path(__file__).parents[2]
NAME: Final = re.compile(rf"\b{PREFIX}\w+")


def rules() -> list[dict[str, Any]]:
    """Return the rules of the file."""
    groups = yaml.safe_load((TOP / "examples" / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in groups["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_is_about_figures_that_are_written(rule: dict[str, Any]) -> None:
    """And it has what Prometheus knows of a rule, and nothing else."""
    named = set(NAME.findall(rule["expr"]))

    assert named
    assert named <= {family.name for family in FAMILIES}
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["expr"].count("(") == rule["expr"].count(")")
    assert re.fullmatch(r"[0-9]+[mhd]", rule.get("for", "1h"))


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_a_rule_speaks_of_labels_that_its_figures_have(rule: dict[str, Any]) -> None:
    """In its expression as in its words."""
    labels = {
        label
        for family in FAMILIES
        if family.name in NAME.findall(rule["expr"])
        for label in family.labels
    }
    matched = set(re.findall(r"(\w+)(?:!~|=~|!=|=)\"", rule["expr"]))
    shown = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))

    assert matched | shown <= labels


def test_there_is_a_rule_for_each_kind_of_trouble() -> None:
    """Drift, health, age, endpoints, what could not be told, and a run that is too old."""
    named = {name.removeprefix(PREFIX) for rule in rules() for name in NAME.findall(rule["expr"])}

    assert named == {
        *("pending_policies", "mirror_healthy", "mirror_complete", "manifest_age_seconds"),
        *("endpoints", "last_run_exit_code", "last_run_timestamp_seconds"),
    }


def test_the_verdicts_that_a_rule_leaves_out_exist() -> None:
    """A slip there would leave out nothing."""
    [listed] = [m for rule in rules() for m in re.findall(r'verdict!~"([^"]+)"', rule["expr"])]

    assert set(listed.split("|")) <= {verdict.value for verdict in Verdict}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: str(family.name))
def test_every_figure_is_explained(family: Family) -> None:
    """Under its name and labels, with what it does not prove."""
    page = (TOP / "docs" / "how-to" / "metrics.md").read_text(encoding="utf-8")
    labels = f"{{{','.join(family.labels)}}}" if family.labels else ""

    rows = [line for line in page.splitlines() if line.startswith("| `")]
    [row] = [r for r in rows if r.startswith(f"| `{family.name.removeprefix(PREFIX)}{labels}` |")]
    assert len([cell for cell in row.strip("| ").split(" | ") if cell]) == 4
