"""What is said while `endpoints --wait` looks again."""

from elastic_mirror_policy._cli.session import say
from elastic_mirror_policy.endpoints.read import EndpointReport


def tell_state(report: EndpointReport) -> None:
    """Say on standard error how far the endpoints are."""
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items() if count)
    say(f"Not yet: {counts or 'no endpoint'}; looking again.")
