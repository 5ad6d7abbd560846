"""Option values with a unit: lengths of time and shares."""

import re

import click


class Duration(click.ParamType[float]):
    """A length of time such as `90m`, in seconds."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        from elastic_mirror_policy._time import HOW_TO_WRITE, seconds_of

        seconds = seconds_of(str(value))
        if seconds is None:
            self.fail(f"{value!r} is not a span of time. {HOW_TO_WRITE}", param, ctx)
        return seconds


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
