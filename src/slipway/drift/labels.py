"""What the bins of a column are called."""

from datetime import UTC, datetime, timedelta

from slipway.drift.bins import Bins

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400

_EXACT = 2_048
"""Integers below this have a bucket of a sketch to themselves."""


def labels(bins: Bins) -> tuple[str, ...]:
    """Names of bins, in the order in which they are counted.

    Args:
        bins: The bins.
    """
    if bins.kind == "category":
        return (*bins.levels, "other levels", "missing")
    if not bins.ends:
        return ("below", "any value", "above", "missing")
    if bins.kind == "boolean":
        return ("below", *_booleans(bins.ends[0], bins.ends[-1]), "above", "missing")
    ends = [_text(bins, end) for end in bins.ends]
    starts = [ends[0], *(_next(bins, edge) for edge in bins.ends[1:-1])]
    between = [low if low == high else f"{low} to {high}" for low, high in zip(starts, ends[1:], strict=True)]
    return (f"below {ends[0]}", *between, f"above {ends[-1]}", "missing")


def _booleans(low: float, high: float) -> list[str]:
    return ["false" if end == 0 else "true" for end in dict.fromkeys((low, high))]


def _next(bins: Bins, edge: float) -> str:
    exact = bins.kind == "integer" and abs(edge) < _EXACT
    return _text(bins, edge + 1 if exact else edge)


def _text(bins: Bins, end: float) -> str:
    if bins.kind == "date":
        return _date(end, hours=bins.ends[-1] - bins.ends[0] < 20 * _DAY)
    return f"{end:,.0f}" if bins.kind == "integer" and abs(end) < 1e9 else f"{end:.4g}"


def _date(seconds: float, *, hours: bool) -> str:
    try:
        return f"{_EPOCH + timedelta(seconds=seconds):{'%Y-%m-%d %H:%M' if hours else '%Y-%m-%d'}}"
    except OverflowError:
        return f"{seconds:.4g}"
