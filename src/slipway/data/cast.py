"""Columns as the polars types that the kinds stand for; null is the only missing value."""

import polars as pl

from slipway.data import dates, evidence
from slipway.data.evidence import LARGEST_EXACT, MISSING, Evidence
from slipway.data.kinds import date_form
from slipway.data.schema import TEXTUAL, Kind
from slipway.errors import DataError

TYPES: dict[Kind, pl.DataType] = {
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "category": pl.String(),
    "date": pl.Datetime("us"),
    "text": pl.String(),
}


def from_text(text: pl.Series, kind: Kind, found: Evidence) -> pl.Series:
    """Text as values of a kind.

    Args:
        text: Stripped text, null where there is nothing.
        kind: The column's kind.
        found: What all values of the column parse as.

    Raises:
        DataError: A value is not of that kind.
    """
    if kind in TEXTUAL:
        return text
    said = text.set(text.is_in(MISSING).fill_null(False), None)
    cast = _parsed(said, kind, found)
    wrong = said.filter(cast.is_null() & said.is_not_null())
    if len(wrong):
        raise DataError(_not_of_kind(text.name, kind, str(wrong[0])))
    return finite(cast)


def from_typed(values: pl.Series, kind: Kind, found: Evidence) -> pl.Series:
    """Values that have a type already as values of a kind.

    Args:
        values: Of any polars type that holds single values.
        kind: The column's kind.
        found: What all values of the column are, from ``look``.

    Raises:
        DataError: A value is not of that kind.
    """
    if kind in TEXTUAL or _is_text(values):
        return from_text(_as_text(values), kind, found)
    if values.dtype.is_temporal() != (kind == "date"):
        _refuse(values, values.is_not_null(), kind)
        return values.clear(len(values)).cast(TYPES[kind])
    if kind == "date":
        return _utc(values).cast(TYPES[kind])
    values = finite(values)
    cast = values.cast(TYPES[kind], strict=False)
    if kind != "number":
        _refuse(values, (cast.cast(pl.Float64) != values.cast(pl.Float64)).fill_null(values.is_not_null()), kind)
    return cast


def look(values: pl.Series, first_row: int, file: str = "") -> Evidence:
    """Evidence from a part of a column that has a type already: all of it for text, what matters for numbers.

    Args:
        values: Of any polars type that holds single values.
        first_row: Row of the first value, from 1.
        file: Name of the file, for the errors.
    """
    if _is_text(values):
        return evidence.fit(_as_text(values), first_row, file)
    if values.dtype.is_float():
        return Evidence(infinite=int(values.is_infinite().sum() or 0))
    if not values.dtype.is_integer():
        return Evidence()
    place = (values.cast(pl.Int128).abs() > LARGEST_EXACT).fill_null(False).arg_true()
    large = evidence.Found(str(values[place[0]]), first_row + place[0], file) if len(place) else None
    return Evidence(too_large=large)


def finite(values: pl.Series) -> pl.Series:
    """The values with null for what is NaN or infinite."""
    if values.dtype.is_decimal():
        return values.cast(pl.Float64)
    if not values.dtype.is_float():
        return values
    return values.set(~values.is_finite().fill_null(True), None)


def _is_text(values: pl.Series) -> bool:
    return values.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null)


def _utc(values: pl.Series) -> pl.Series:
    if isinstance(values.dtype, pl.Datetime) and values.dtype.time_zone is not None:
        return values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return values


def _refuse(values: pl.Series, wrong: pl.Series, kind: Kind) -> None:
    held = values.filter(wrong)
    if len(held):
        raise DataError(_not_of_kind(values.name, kind, str(held[0])))


def _as_text(values: pl.Series) -> pl.Series:
    text = values.cast(pl.String).str.strip_chars()
    return text.set((text == "").fill_null(False), None)


def _parsed(said: pl.Series, kind: Kind, found: Evidence) -> pl.Series:
    if kind == "number":
        return evidence.parse_number(said, comma=found.commas > 0)
    if kind == "integer":
        return said.cast(pl.Int64, strict=False)
    if kind == "boolean":
        truth = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
        return said.str.to_lowercase().replace_strict(truth, default=None, return_dtype=pl.Boolean)
    form = date_form(found) or "iso"
    return dates.parse(said, form).alias(said.name)


def _not_of_kind(name: str, kind: Kind, value: str) -> str:
    return (
        f"column {name!r} is to be of kind {kind}, but holds {value[:80]!r}; mend that value, "
        f"or change the column's kind under 'types'"
    )
