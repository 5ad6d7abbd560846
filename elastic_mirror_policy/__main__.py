"""The command `elastic-mirror-policy`, and `python -m elastic_mirror_policy`."""

import sys
from collections.abc import Sequence

NEEDS = ("click", "platformdirs", "pydantic_settings", "rich")

MISSING = (
    "The command line needs the extra [cli]: install it from the checkout or the wheel that the "
    "package came from, as pip install 'PATH[cli]'; see docs/how-to/install.md.\n"
)
"""One line; no bare name, because the package is published nowhere."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of one command line."""
    try:
        from elastic_mirror_policy._cli import run  # noqa: PLC0415 - the extra may be missing

        return run(arguments)
    except ModuleNotFoundError as exc:
        if exc.name not in NEEDS:
            raise
        sys.stderr.write(MISSING)
        return 1


if __name__ == "__main__":
    sys.exit(main())
