"""How many cases a hostile test has: some in every run, many in `nox -s nightly`."""

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, settings

T = TypeVar("T", bound=Callable[..., Any])

USUAL: Final = settings.default.max_examples if settings.default else 100
"""Cases of a property in the profile that is loaded."""

TRIED: Final[Counter[str]] = Counter()
"""How many generated cases were tried in this run, by the module of the test."""


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
    return lambda test: chosen(_counted(test))


def _counted(test: T) -> T:
    """Count how often the body of a property is run."""
    known: Any = test
    body, module = known.hypothesis.inner_test, test.__module__.rpartition(".")[2]

    @functools.wraps(body)
    def counted(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - what the test takes
        TRIED[module] += 1
        body(*args, **kwargs)

    known.hypothesis.inner_test = counted
    return test
