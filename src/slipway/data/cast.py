"""Columns as the polars types that the kinds stand for; null is the only missing value."""

import polars as pl

from slipway.data import evidence
from slipway.data.evidence import LARGEST_EXACT, MISSING, Evidence
from slipway.data.schema import Kind
from slipway.errors import DataError

TYPES: dict[Kind, pl.DataType] = {
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "category": pl.String(),
    "date": pl.Datetime("us"),
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
    if kind == "category":
        return text
    said = text.set(text.is_in(MISSING).fill_null(False), None)  # type: ignore[arg-type]
    cast = _parsed(said, kind, found)
    wrong = said.filter(cast.is_null() & said.is_not_null())
    if len(wrong):
        raise DataError(_not_of_kind(text.name, kind, str(wrong[0])))
    return finite(cast)


def from_typed(values: pl.Series, kind: Kind) -> pl.Series:
    """Values that have a type already as values of a kind.

    Args:
        values: Of any polars type that holds single values.
        kind: The column's kind.

    Raises:
        DataError: A value is not of that kind.
    """
    if values.dtype in (pl.String, pl.Categorical, pl.Enum, pl.Null) or kind == "category":
        text = _as_text(values)
        return from_text(text, kind, evidence.fit(text, 1)) if kind != "category" else text
    if isinstance(values.dtype, pl.Datetime):
        values = values.dt.replace_time_zone(None) if values.dtype.time_zone is None else values.dt.convert_time_zone("UTC")
        values = values.dt.replace_time_zone(None)
    try:
        return finite(values.cast(TYPES[kind]))
    except pl.exceptions.PolarsError as error:
        raise DataError(_not_of_kind(values.name, kind, str(error).splitlines()[0])) from None


def finite(values: pl.Series) -> pl.Series:
    """The values with null for what is NaN or infinite."""
    if values.dtype != pl.Float64:
        return values
    return values.set(~values.is_finite().fill_null(True), None)


def count_infinite(values: pl.Series) -> int:
    """How many values are infinite."""
    return int(values.is_infinite().sum() or 0) if values.dtype.is_float() else 0


def beyond_exact(values: pl.Series) -> evidence.Found | None:
    """The first integer that a float64 would round."""
    if not values.dtype.is_integer():
        return None
    wide = values.cast(pl.Int128)
    place = (wide.abs() > LARGEST_EXACT).fill_null(False).arg_true()
    return evidence.Found(str(values[place[0]]), place[0] + 1) if len(place) else None


def _as_text(values: pl.Series) -> pl.Series:
    text = values.cast(pl.String).str.strip_chars()
    return text.set((text == "").fill_null(False), None)  # type: ignore[arg-type]


def _parsed(said: pl.Series, kind: Kind, found: Evidence) -> pl.Series:
    if kind == "number":
        return evidence.parse_number(said, comma=found.commas > 0)
    if kind == "integer":
        return said.cast(pl.Int64, strict=False)
    if kind == "boolean":
        truth = {"true": True, "false": False, "yes": True, "no": False, "1": True, "0": False}
        return said.str.to_lowercase().replace_strict(truth, default=None, return_dtype=pl.Boolean)
    form = evidence.date_form(found) or "iso"
    return evidence.parse_date(said, form).alias(said.name)


def _not_of_kind(name: str, kind: Kind, value: str) -> str:
    return (
        f"column {name!r} is to be of kind {kind}, but holds {value[:80]!r}; mend that value, "
        f"or change the column's kind under 'types'"
    )
