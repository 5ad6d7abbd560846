"""Work on many items with a few threads, which all end when one of them fails."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def for_each(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    parallel: int,
    abort: Callable[[], None],
) -> list[Result]:
    """Return the results in the order of the items.

    The first error is raised; `abort` is called then, so that work under way ends soon, and work
    that was not begun never is. The same goes for an interrupt.
    """
    with ThreadPoolExecutor(max_workers=parallel) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            abort()
            raise
    return [future.result() for future in futures]
