"""What a column of text could be: counts over all of its values, added up over parts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import polars as pl

from slipway.data import dates

MISSING = ("NA", "N/A", "n/a", "na", "#N/A", "null", "NULL", "Null", "None", "none", "nan", "NaN", "NAN", "-", "?")
"""Words that stand for a missing value in a column that is otherwise numbers, dates or booleans."""

LARGEST_EXACT = 2**53
"""Largest integer up to which every integer has its own float64."""


_CODE = r"^[+-]?0\d"
_GROUPED = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d+$"
_WHOLE = r"^[+-]?\d+$"


@dataclass(frozen=True, slots=True)
class Found:
    """A value, the row it is in, counted from 1 without the header, and the file that row is in."""

    value: str
    row: int
    file: str = ""

    @property
    def place(self) -> str:
        """The row and the file in words."""
        return f"row {self.row}" + (f" of {self.file}" if self.file else "")


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many values of a column parse as what. Values that stand for missing ones are not counted as anything else.

    Attributes:
        values: Values that are not null.
        missing: Those that stand for a missing value.
        integers: Those that are integers.
        numbers: Those that are numbers.
        commas: Those that are numbers with a decimal comma.
        grouped: Those whose commas may group thousands instead.
        codes: Integers with a leading zero.
        booleans: Those that are true or false.
        infinite: Numbers that are infinite.
        iso, zoned, dotted, month_first, day_first: Those that are dates of that form.
        not_number: The first that is no number.
        not_date: The first that is no date.
        too_large: The first integer beyond ``LARGEST_EXACT``.
    """

    values: int = 0
    missing: int = 0
    integers: int = 0
    numbers: int = 0
    commas: int = 0
    grouped: int = 0
    codes: int = 0
    booleans: int = 0
    infinite: int = 0
    iso: int = 0
    zoned: int = 0
    dotted: int = 0
    month_first: int = 0
    day_first: int = 0
    not_number: Found | None = None
    not_date: Found | None = None
    too_large: Found | None = None


def fit(texts: pl.Series, first_row: int, file: str = "") -> Evidence:
    """Looks at a part of a column.

    Args:
        texts: Stripped text, null where there is nothing.
        first_row: Row of the first value, from 1.
        file: Name of the file, for the errors.
    """
    frame = pl.DataFrame({"text": texts, "row": pl.int_range(first_row, first_row + len(texts), eager=True)})
    present = frame.drop_nulls("text")
    said = present.filter(~pl.col("text").is_in(MISSING))
    text = said["text"]
    numbers = text.cast(pl.Float64, strict=False)
    integers = text.cast(pl.Int64, strict=False)
    whole = text.str.contains(_WHOLE)
    large = said.filter(whole & (numbers.abs().gt(LARGEST_EXACT) | integers.abs().gt(LARGEST_EXACT).fill_null(True)))
    dated = dates.by_form(text)
    return Evidence(
        values=len(present),
        missing=len(present) - len(said),
        integers=_count(integers.is_not_null() | whole),
        numbers=_count(numbers.is_not_null()),
        commas=_count(text.str.contains(_COMMA)),
        grouped=_count(text.str.contains(_GROUPED)),
        codes=_count(text.str.contains(_CODE) & integers.is_not_null()),
        booleans=_count(text.str.to_lowercase().is_in(["true", "false"])),
        infinite=_count(numbers.is_infinite()),
        **{name: _count(found) for name, found in dated.items()},
        not_number=_first(said.filter(numbers.is_null()), file),
        not_date=_first(said.filter(~_any(list(dated.values()))) if dated else said, file),
        too_large=_first(large, file),
    )


def merge(parts: Sequence[Evidence]) -> Evidence:
    """Adds up evidence of parts, in the order of their rows."""
    merged: dict[str, int | Found | None] = {}
    for field in fields(Evidence):
        held = [getattr(part, field.name) for part in parts]
        if field.name in ("not_number", "not_date", "too_large"):
            merged[field.name] = next((item for item in held if item is not None), None)
        else:
            merged[field.name] = sum(held)
    return Evidence(**merged)  # type: ignore[arg-type]


def parse_number(text: pl.Series, comma: bool) -> pl.Series:
    """Text as float64; null for what is no number. With a decimal comma, a point only groups thousands."""
    if comma:
        text = text.set(~text.str.contains(f"{_COMMA}|{_WHOLE}").fill_null(True), None)
        text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    return text.cast(pl.Float64, strict=False)


def _any(flags: list[pl.Series]) -> pl.Series:
    found = flags[0]
    for flag in flags[1:]:
        found = found | flag
    return found


def _count(flags: pl.Series) -> int:
    return int(flags.sum() or 0)


def _first(frame: pl.DataFrame, file: str) -> Found | None:
    return Found(frame["text"][0], frame["row"][0], file) if len(frame) else None
