"""`endpoints --wait`: look again until all are current, and say how far they are."""

from collections.abc import Callable

from elastic_mirror_policy._cli.session import say_dated
from elastic_mirror_policy.endpoints.read import EndpointReport, wait_for_endpoints


def look_until(
    look: Callable[[], EndpointReport], wait: float | None, interval: float
) -> EndpointReport:
    """Return the last look; there is only one without `wait`, in seconds as is `interval`."""
    if wait is None:
        return look()
    return wait_for_endpoints(look, timeout=wait, interval=interval, progress=news())


def news() -> Callable[[EndpointReport], None]:
    """Return what says on standard error how far the endpoints are, each time that it is news."""
    last = ""

    def tell(report: EndpointReport) -> None:
        nonlocal last
        counted = report.counts.items()
        counts = ", ".join(f"{count:,} {verdict}" for verdict, count in counted) or "no endpoint"
        if counts != last:
            last = counts
            say_dated(f"not yet: {counts}; looking again")

    return tell
