"""The command `elastic-mirror-policy`, and `python -m elastic_mirror_policy`."""

import sys
from collections.abc import Sequence

NEEDS = ("click", "pydantic_settings", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of one command line."""
    try:
        from elastic_mirror_policy._cli import run  # noqa: PLC0415 - the extra may be missing

        return run(arguments)
    except ModuleNotFoundError as exc:
        if exc.name not in NEEDS:
            raise
        sys.stderr.write(
            "The command line needs its extra: pip install 'elastic-mirror-policy[cli]'\n"
        )
        return 1


if __name__ == "__main__":
    sys.exit(main())
