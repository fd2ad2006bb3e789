"""What the bins of a column are called."""

from datetime import UTC, datetime, timedelta

from slipway.drift.profile import Column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400

_EXACT = 2_048
"""Integers below this have a bucket of a sketch to themselves."""


def labels(column: Column) -> tuple[str, ...]:
    """Names of the bins of ``Column.count``, in its order.

    Args:
        column: A column of the reference.
    """
    if column.kind == "category":
        return (*column.levels, "other levels", "missing")
    if column.minimum is None or column.maximum is None:
        return ("below", "any value", "above", "missing")
    if column.kind == "boolean":
        return ("below", *_booleans(column.minimum, column.maximum), "above", "missing")
    ends = [_text(column, end) for end in (column.minimum, *column.edges, column.maximum)]
    starts = [ends[0], *(_next(column, edge) for edge in column.edges)]
    between = [low if low == high else f"{low} to {high}" for low, high in zip(starts, ends[1:], strict=True)]
    return (f"below {ends[0]}", *between, f"above {ends[-1]}", "missing")


def _booleans(low: float, high: float) -> list[str]:
    return ["false" if end == 0 else "true" for end in dict.fromkeys((low, high))]


def _next(column: Column, edge: float) -> str:
    exact = column.kind == "integer" and abs(edge) < _EXACT
    return _text(column, edge + 1 if exact else edge)


def _text(column: Column, end: float) -> str:
    if column.kind == "date":
        return _date(end, hours=(column.maximum or 0) - (column.minimum or 0) < 20 * _DAY)
    return f"{end:,.0f}" if column.kind == "integer" and abs(end) < 1e9 else f"{end:.4g}"


def _date(seconds: float, *, hours: bool) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):{'%Y-%m-%d %H:%M' if hours else '%Y-%m-%d'}}"
    except OverflowError:
        return f"{seconds:.4g}"
