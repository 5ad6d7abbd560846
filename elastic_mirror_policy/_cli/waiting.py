"""`endpoints --wait`: look again until all are current, and say how far they are."""

from collections.abc import Callable

from elastic_mirror_policy._cli.session import say
from elastic_mirror_policy.endpoints.read import EndpointReport, wait_for_endpoints


def look_until(
    look: Callable[[], EndpointReport], wait: float | None, interval: float
) -> EndpointReport:
    """Return the last look; there is only one without `wait`, in seconds as is `interval`."""
    if wait is None:
        return look()
    return wait_for_endpoints(look, timeout=wait, interval=interval, progress=tell_state)


def tell_state(report: EndpointReport) -> None:
    """Say on standard error how far the endpoints are."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items() if count)
    say(f"Not yet: {counts or 'no endpoint'}; looking again.")
