"""How many cases a hostile test has: many in CI, a multiple of them by `nox -s fuzz`."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T", bound=Callable[..., Any])

USUAL: Final = settings.default.max_examples if settings.default else 100
"""Cases of a property in the profile that is loaded."""


def cases(share: float) -> Callable[[T], T]:
    """Return a decorator that gives a property so many times the usual number of cases."""
    chosen: Callable[[T], T] = settings(
        max_examples=max(1, int(USUAL * share)),
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.function_scoped_fixture,
            HealthCheck.large_base_example,
            HealthCheck.data_too_large,
        ],
    )
    return chosen
