"""Option values with a unit: lengths of time and shares."""

import re

import click

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[float]):
    """A length of time such as `90m`, in seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        found = re.fullmatch(r"([0-9]{1,7})([smhd]?)", str(value).strip().lower())
        if not found:
            self.fail(f"{value!r} is not a duration; write 30s, 90m or 2h.", param, ctx)
        return float(int(found[1]) * UNITS[found[2] or "s"])


class Percent(click.ParamType[float]):
    """A share such as `95%`, in percent."""

    name = "percent"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the percentage."""
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)\s*%?", str(value).strip())
        if not found or not 0 < float(found[1]) <= 100:  # noqa: PLR2004 - all of them
            self.fail(f"{value!r} is not a share above 0% and up to 100%.", param, ctx)
        return float(found[1])
