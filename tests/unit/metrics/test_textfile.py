"""The file for the node exporter: what Prometheus reads back, whole or not there."""

import os
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.metrics import families
from elastic_mirror_policy.metrics.samples import Sample
from elastic_mirror_policy.metrics.textfile import metrics_text, write_metrics

EVIL = 'a"b\\c\nd'
SAMPLES = (
    Sample(families.PENDING, 3),
    Sample(families.HEALTHY, value=True, labels=("9.1.3",)),
    Sample(families.HEALTHY, value=False, labels=(EVIL,)),
)


def test_prometheus_reads_back_what_was_written() -> None:
    """Names, help, labels and values, also of a label with marks of the format in it."""
    read = list(text_string_to_metric_families(metrics_text(SAMPLES).decode()))

    assert [(one.name, one.documentation, one.type) for one in read] == [
        (family.name, family.meaning, "gauge") for family in (families.PENDING, families.HEALTHY)
    ]
    assert [(s.labels, s.value) for one in read for s in one.samples] == [
        ({}, 3.0),
        ({"endpoint_version": "9.1.3"}, 1.0),
        ({"endpoint_version": EVIL}, 0.0),
    ]


def test_nothing_of_an_earlier_text_stays() -> None:
    """Each has a registry of its own."""
    metrics_text(SAMPLES)

    assert b"pending" not in metrics_text(SAMPLES[1:])


def test_every_family_can_be_written() -> None:
    """Its name, its help and its labels are such as Prometheus takes."""
    every = [Sample(one, 1.0, ("x",) * len(one.labels)) for one in families.FAMILIES]

    read = list(text_string_to_metric_families(metrics_text(every).decode()))
    assert [one.name for one in read] == [one.name for one in families.FAMILIES]


def test_the_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    """The node exporter is another user; an earlier file is replaced, and nothing is left over."""
    path = tmp_path / "defend.prom"
    path.write_text("earlier")
    path.chmod(0o600)
    write_metrics(path, SAMPLES)

    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_bytes() == metrics_text(SAMPLES)
    assert [one.name for one in tmp_path.iterdir()] == ["defend.prom"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "missing folder"])
def test_what_cannot_be_replaced_is_said_in_a_sentence(tmp_path: Path, kind: str) -> None:
    """And stays what it was."""
    path = tmp_path / "there"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = path / "defend.prom"
    before = list(tmp_path.iterdir())

    with pytest.raises(MirrorPolicyError, match="metrics cannot be written to"):
        write_metrics(path, SAMPLES)
    assert list(tmp_path.iterdir()) == before
    assert not path.is_file()
