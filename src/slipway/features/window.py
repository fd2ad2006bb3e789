"""Lags and rolling statistics: what earlier rows of the same entity amount to.

They are made from a table before anything is fitted, and become columns of it. A row sees rows of its entity whose
event time is strictly earlier: neither itself, nor its future, nor rows of the same time. At serving they are inputs.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Column
from slipway.spec.features import Window

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_MICROSECONDS_A_DAY = 86_400e6
_OVER: dict[str, Callable[[Floats, Places], Floats]] = {
    "sum": np.add.reduceat,
    "min": np.fmin.reduceat,
    "max": np.fmax.reduceat,
}
_CALLED = {"std": "standard deviation"}


@dataclass(frozen=True, slots=True)
class Rolling:
    """A column made from earlier rows.

    Attributes:
        name: Its name.
        made: How it is made, in words: what a caller of the server has to supply.
    """

    name: str
    made: str

    @property
    def column(self) -> Column:
        """The input that the server asks for."""
        return Column(self.name, "number", nullable=True, made=self.made)


def describe(window: Window, entity: str, time: str) -> Rolling:
    """A window in words.

    Args:
        window: The window.
        entity: The column that says whom a row is about.
        time: The event time.
    """
    if window.statistic == "lag":
        which = "last" if window.rows == 1 else f"{window.rows}th last"
        return Rolling(
            window.name, f"{window.column!r} of the {which} row of the same {entity!r} with an earlier {time!r}"
        )
    back = f"the {window.rows} rows" if window.rows is not None else f"the {window.days:g} days"
    what = (
        "how many values there are"
        if window.statistic == "count"
        else f"the {_CALLED.get(window.statistic, window.statistic)}"
    )
    return Rolling(
        window.name, f"{what} of {window.column!r} in {back} of the same {entity!r} before the row's {time!r}"
    )


def add(frame: pl.DataFrame, windows: tuple[Window, ...], entity: str, time: str) -> pl.DataFrame:
    """Rows with the columns of windows.

    Args:
        frame: All rows of some entities.
        windows: The windows.
        entity: The column that says whom a row is about.
        time: The event time; a row without one has no earlier rows and is earlier than none.

    Returns:
        The rows in another order: by entity, then by time.
    """
    frame = frame.sort(entity, time, maintain_order=True, nulls_last=False)
    times = _times(frame[time])
    first, present = _first_of_entity(frame[entity]), ~np.isnan(times)
    before = np.where(present, _first_of_time(first, times), first)
    dated = np.maximum(first, _first_dated(first, present))
    made = []
    for window in windows:
        values = frame[window.column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        made.append(pl.Series(window.name, _value(window, values, times, dated, before)).fill_nan(None))
    return frame.with_columns(made)


def _value(window: Window, values: Floats, times: Floats, dated: Places, before: Places) -> Floats:
    if window.statistic == "lag":
        place = before - (window.rows or 1)
        return np.where(place >= dated, values[np.maximum(place, 0)], np.nan)
    if window.rows is not None:
        start = np.maximum(before - window.rows, dated)
    else:
        start = _since(times, dated, before, (window.days or 0.0) * _MICROSECONDS_A_DAY)
    end = np.maximum(before, start)
    if window.statistic == "std":
        return _deviation(values, np.nan_to_num(values[dated]), start, end)
    return _statistic(window.statistic, values, start, end)


def _deviation(values: Floats, origin: Floats, start: Places, end: Places) -> Floats:
    """The sample standard deviation of values[start:end], NaN for fewer than two of them.

    Args:
        values: Values, NaN for what is missing.
        origin: A value of the same size, that of the entity's first row: what is left of squares is then not rounding.
        start: Where each window starts.
        end: Where it ends.
    """
    known = np.append(~np.isnan(values), False).astype(np.float64)
    away = np.append(np.nan_to_num(values - origin), 0.0)
    count, total, squares = (_reduced(np.add.reduceat, of, start, end) for of in (known, away, away * away))
    spread = np.maximum(squares - total * total / np.maximum(count, 1.0), 0.0)
    return np.where(count > 1, np.sqrt(spread / np.maximum(count - 1, 1.0)), np.nan)


def _statistic(name: str, values: Floats, start: Places, end: Places) -> Floats:
    known = np.append(~np.isnan(values), False).astype(np.float64)
    count = _reduced(np.add.reduceat, known, start, end)
    if name == "count":
        return count
    padded = np.append(values, np.nan)
    if name in ("mean", "sum"):
        total = _reduced(_OVER["sum"], np.where(np.isnan(padded), 0.0, padded), start, end)
        found = total / np.where(count > 0, count, 1.0) if name == "mean" else total
    else:
        found = _reduced(_OVER[name], padded, start, end)
    return np.where(count > 0, found, np.nan)


def _reduced(over: Callable[[Floats, Places], Floats], values: Floats, start: Places, end: Places) -> Floats:
    """A reduction of values[start:end] for each pair; 0 where that is empty. The last of the values is padding."""
    if not len(start):
        return np.zeros(0)
    pairs = np.column_stack([start, end]).ravel()
    return np.where(end > start, over(values, pairs)[::2], 0.0)


def _times(values: pl.Series) -> Floats:
    return values.to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _first_of_entity(entity: pl.Series) -> Places:
    new = np.append(True, (entity.ne_missing(entity.shift(1))).to_numpy()[1:]) if len(entity) else np.zeros(0, bool)
    return np.maximum.accumulate(np.where(new, np.arange(len(entity)), 0))


def _first_of_time(first: Places, times: Floats) -> Places:
    """The first row of the same entity and time."""
    places = np.arange(len(times))
    new = np.append(True, times[1:] != times[:-1]) if len(times) else np.zeros(0, dtype=bool)
    return np.maximum(np.maximum.accumulate(np.where(new, places, 0)), first)


def _first_dated(first: Places, present: NDArray[np.bool_]) -> Places:
    """The first row of the same entity that has a time: those without one stand before it."""
    without = np.cumsum(~present)
    before = np.where(first > 0, without[np.maximum(first - 1, 0)], 0)
    return first + np.where(present, without - before, 0)


def _since(times: Floats, dated: Places, before: Places, back: float) -> Places:
    """The first row of the same entity that is at most so far back."""
    start = dated.copy()
    edges = np.flatnonzero(np.diff(dated, prepend=-1))
    for low, high in zip(edges, np.append(edges[1:], len(times)), strict=True):
        rows = slice(max(low, dated[low]), high)
        start[low:high] = np.minimum(
            dated[low] + np.searchsorted(times[rows], times[low:high] - back, side="left"), before[low:high]
        )
    return start
