"""Values as flat rows, for tables of data and for spreadsheets (pure)."""

import csv
import io
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from elastic_mirror_policy._json import JsonValue
from elastic_mirror_policy._text import visible
from elastic_mirror_policy.render.viewable import Viewable

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins like this for something to run."""


class Recorded(Viewable):
    """A value that is also a list of flat records with equal keys."""

    __slots__ = ()

    COLUMNS: ClassVar[tuple[str, ...]]
    """The keys of every record, in their order."""

    @abstractmethod
    def to_records(self) -> list[dict[str, JsonValue]]:
        """Return one flat dict for each row, all with the keys of `COLUMNS`."""

    def to_csv(self) -> str:
        """Return the records as CSV below a line of their keys.

        Cells are data: what a terminal would act on is spelled out, and a text that a spreadsheet
        would run as a formula has an apostrophe before it.
        """
        return as_csv(self.to_records(), self.COLUMNS)


def as_csv(records: Sequence[Mapping[str, JsonValue]], columns: Sequence[str]) -> str:
    """Return records as CSV below a line of their keys; see `Recorded.to_csv`."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows([_cell(record[column]) for column in columns] for record in records)
    return written.getvalue()


def flat(value: JsonValue) -> JsonValue:
    """Return a value that fits into one cell: lists become text."""
    if isinstance(value, list | tuple):
        return "; ".join(str(one) for one in value)
    return value


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
