"""A file of metrics for the textfile collector of the Prometheus node exporter.

It needs `prometheus_client`, which is the extra `[metrics]`.
"""

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from elastic_mirror_policy._files import replace_regular
from elastic_mirror_policy.errors import MirrorPolicyError
from elastic_mirror_policy.metrics.families import Family
from elastic_mirror_policy.metrics.samples import Sample


def metrics_text(samples: Iterable[Sample]) -> bytes:
    """Return samples in the text format of Prometheus, each metric with its line of help."""
    registry = CollectorRegistry()
    gauges: dict[Family, Gauge] = {}
    for sample in samples:
        one = sample.family
        if one not in gauges:
            gauges[one] = Gauge(one.name, one.meaning, one.labels, registry=registry)
        gauge = gauges[one].labels(*sample.labels) if sample.labels else gauges[one]
        gauge.set(sample.value)
    return generate_latest(registry)


def write_metrics(path: str | os.PathLike[str], samples: Iterable[Sample]) -> None:
    """Replace a file by these samples, whole or not at all; everybody may read it (0644).

    Raises:
        MirrorPolicyError: It cannot be written, or is something else than a regular file.
    """
    try:
        replace_regular(path, metrics_text(samples))
    except OSError as exc:
        name = os.fspath(path)
        raise MirrorPolicyError(
            f"The metrics cannot be written to {name}: {exc.strerror}.",
            hint="Its folder must be there, and writable for who runs this.",
        ) from exc
