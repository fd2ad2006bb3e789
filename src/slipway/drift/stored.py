"""A profile as JSON, and back."""

import json
from collections import Counter
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind
from slipway.data.sketch import FINEST, Sketch, values_of
from slipway.drift.dependence import Dependence
from slipway.drift.levels import Levels
from slipway.drift.profile import Column, Profile
from slipway.errors import DataError

FORMAT = 2


def to_json(profile: Profile) -> str:
    """The profile as JSON; a column whose values are all at hand can't be stored.

    Args:
        profile: A finished profile.
    """
    columns = [_column(column) for column in profile.columns]
    raw = {
        "format": FORMAT,
        "rows": profile.rows,
        "importances": profile.importances,
        "target": _column(profile.target) if profile.target else None,
        "dependence": profile.dependence.to_raw() if profile.dependence else None,
        "columns": columns,
    }
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str | bytes) -> Profile:
    """Reads what ``to_json`` wrote.

    Raises:
        DataError: It is no profile, one of another format, or its counts contradict each other.
    """
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise DataError(_other_format(raw["format"]))
        importances = {str(name): _importance(value) for name, value in raw["importances"].items()}
        columns = _columns(raw["columns"])
        target = _read(raw["target"]) if raw["target"] is not None else None
        dependence = Dependence.from_raw(raw["dependence"]) if raw["dependence"] is not None else None
        return Profile(_natural(raw["rows"]), columns, importances, target, dependence)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        message = f"the reference is no profile: {_reason(error)}; make it again from the training data"
        raise DataError(message) from None


def _reason(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"it is no JSON, or cut off, at line {error.lineno}, column {error.colno}"
        case UnicodeError():
            return "it is no text in UTF-8"
        case KeyError():
            return f"it has no {error}"
        case ValueError():
            return str(error)
    return "it is JSON of another shape"


def _other_format(found: object) -> str:
    older = isinstance(found, int) and found < FORMAT
    remedy = "make the reference again from the training data" if older else "install the release that wrote it"
    return f"the reference profile has format {found!r}; this release reads format {FORMAT}: {remedy}"


def _column(column: Column) -> dict[str, Any]:
    head = {name: getattr(column, name) for name in ("name", "kind", "rows", "nulls", "infinite")}
    match column.values:
        case Levels(counts, total, error):
            return {**head, "levels": counts, "total": total, "error": error}
        case Sketch() as sketch:
            ends = [sketch.minimum, sketch.maximum] if len(sketch.keys) else None
            steps = np.diff(sketch.keys, prepend=0).tolist()
            return {**head, "ends": ends, "shift": sketch.shift, "steps": steps, "counts": sketch.counts.tolist()}
    message = f"column {column.name!r} holds all of its values; only sketches are stored"
    raise TypeError(message)


def _columns(raw: list[dict[str, Any]]) -> tuple[Column, ...]:
    columns = tuple(map(_read, raw))
    twice = next((name for name, count in Counter(column.name for column in columns).items() if count > 1), None)
    if twice is not None:
        message = f"column {twice!r} is there twice"
        raise ValueError(message)
    return columns


def _read(raw: dict[str, Any]) -> Column:
    if raw["kind"] not in get_args(Kind):
        message = f"column {raw['name']!r} has the unknown kind {raw['kind']!r}"
        raise ValueError(message)
    values = _levels(raw) if raw["kind"] == "category" else _sketch(raw)
    rows, nulls, infinite = (_natural(raw[name]) for name in ("rows", "nulls", "infinite"))
    seen = values.total if isinstance(values, Levels) else values.count
    if seen + nulls != rows:
        message = f"column {raw['name']!r} counts {seen} values and {nulls} nulls, but {rows} rows"
        raise ValueError(message)
    return Column(str(raw["name"]), raw["kind"], rows, nulls, infinite, values)


def _levels(raw: dict[str, Any]) -> Levels:
    counts = {str(level): _natural(count) for level, count in raw["levels"].items()}
    return Levels(counts, _natural(raw["total"]), _natural(raw["error"]))


def _sketch(raw: dict[str, Any]) -> Sketch:
    low, high = raw["ends"] or (float("nan"), float("nan"))
    keys = np.cumsum(np.array(raw["steps"], dtype=np.int64))
    counts = np.array([_natural(count) for count in raw["counts"]], dtype=np.int64)
    if len(keys) != len(counts) or (np.diff(keys) <= 0).any():
        message = f"column {raw['name']!r} has {len(keys)} buckets and {len(counts)} counts"
        raise ValueError(message)
    shift = _natural(raw["shift"])
    if not FINEST <= shift < 63 or (len(keys) and not (-np.inf < low <= high < np.inf and _are_finite(keys, shift))):
        message = f"column {raw['name']!r} has buckets of {shift} bits from {low!r} to {high!r}"
        raise ValueError(message)
    return Sketch(keys, counts, _natural(raw["nulls"]), float(low), float(high), shift)


def _are_finite(keys: NDArray[np.int64], shift: int) -> bool:
    return not (np.abs(keys) >> (63 - shift)).any() and bool(np.isfinite(values_of(keys, shift)).all())


def _importance(value: Any) -> float:
    if not 0 <= float(value) < np.inf:
        message = f"{value!r} is no importance"
        raise ValueError(message)
    return float(value)


def _natural(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        message = f"{value!r} is no count"
        raise ValueError(message)
    return value
