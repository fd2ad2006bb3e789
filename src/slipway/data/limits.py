"""Limits on single columns, as tests that a row passes or fails."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from slipway.data.finding import percent
from slipway.data.schema import NUMERIC, Kind
from slipway.errors import DataError, UnknownNameError
from slipway.spec import ColumnLimits, Quality

Test = Callable[[pl.DataFrame], pl.Series]
"""From rows to whether each is outside of a limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit on a column.

    Attributes:
        check: What is limited.
        column: The column.
        setting: The field of the spec that says so.
        limit: What is allowed, in words.
        wrong: What is said of rows outside of it, after "are".
        share: Share of the rows that may be outside.
        fails: Says which rows are.
    """

    check: str
    column: str
    setting: str
    limit: str
    wrong: str
    share: float
    fails: Test


def limits(quality: Quality, columns: Mapping[str, Kind]) -> tuple[Limit, ...]:
    """The limits that a spec sets on single columns.

    Args:
        quality: The limits.
        columns: Name to kind of the columns of the table.

    Raises:
        UnknownNameError: A limit is on a column that is not there.
        DataError: A limit does not suit the column's kind.
    """
    for name in quality.columns:
        if name not in columns:
            where = "the data, but field 'quality.columns' names it"
            raise UnknownNameError(what="column", name=name, known=columns, where=where)
    return tuple(limit for name, item in quality.columns.items() for limit in _of(name, columns[name], item))


def _of(name: str, kind: Kind, item: ColumnLimits) -> Iterator[Limit]:
    setting = f"quality.columns.{name}"
    if item.max_null_share is not None:
        share = item.max_null_share
        yield Limit(
            "missing values", name, f"{setting}.max_null_share", f"at most {percent(share)} of the rows", "missing",
            share, lambda rows: rows[name].is_null(),
        )  # fmt: skip
    if item.min is not None:
        low = _bound(name, kind, item.min, "min")
        said = f"at least {item.min if isinstance(item.min, datetime) else f'{item.min:g}'}"
        yield Limit("smallest value", name, f"{setting}.min", said, "below", 0, lambda rows: _told(rows[name] < low))
    if item.max is not None:
        high = _bound(name, kind, item.max, "max")
        said = f"at most {item.max if isinstance(item.max, datetime) else f'{item.max:g}'}"
        yield Limit("largest value", name, f"{setting}.max", said, "above", 0, lambda rows: _told(rows[name] > high))
    if item.allowed is not None:
        values = _allowed(name, kind, item.allowed)
        shown = ", ".join(str(value) for value in item.allowed[:8]) + (", …" if len(item.allowed) > 8 else "")
        yield Limit(
            "allowed values", name, f"{setting}.allowed", shown, "something else", 0,
            lambda rows: _told(~_comparable(rows[name]).is_in(values)),
        )  # fmt: skip


def _told(flags: pl.Series) -> pl.Series:
    return flags.fill_null(False)


def _bound(name: str, kind: Kind, bound: float | datetime, field: str) -> float | datetime:
    if isinstance(bound, datetime):
        if kind != "date":
            raise DataError(_unsuited(name, kind, field, "a time"))
        return bound
    if kind not in NUMERIC:
        raise DataError(_unsuited(name, kind, field, f"the number {bound:g}"))
    return bound


def _allowed(name: str, kind: Kind, values: list[bool | int | float | str]) -> pl.Series:
    fitting: dict[Kind, tuple[type, ...]] = {
        "boolean": (bool,), "number": (int, float), "integer": (int, float), "category": (str, int, float),
    }  # fmt: skip
    for value in values:
        if not isinstance(value, fitting.get(kind, ())) or (isinstance(value, bool) and kind != "boolean"):
            hint = "; write it in quotes" * (kind == "category")
            raise DataError(_unsuited(name, kind, "allowed", f"{value!r}{hint}"))
    if kind == "category":
        return pl.Series([str(value).removesuffix(".0") for value in values])
    return pl.Series([float(value) for value in values])


def _comparable(values: pl.Series) -> pl.Series:
    return values if values.dtype == pl.String else values.cast(pl.Float64)


def _unsuited(name: str, kind: Kind, field: str, held: str) -> str:
    return f"field 'quality.columns.{name}.{field}' holds {held}, but column {name!r} is of kind {kind}"
