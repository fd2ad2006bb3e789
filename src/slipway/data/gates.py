"""The limits of ``quality``, checked over all rows in one pass and reported together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from slipway.data import copies, outliers, rowhash, sketch
from slipway.data.copies import Copies
from slipway.data.finding import Finding, judged, percent
from slipway.data.limits import Limit, Test, limits
from slipway.data.schema import NUMERIC, Kind
from slipway.data.sketch import Sketch
from slipway.data.summary import Summary
from slipway.data.target import class_text
from slipway.errors import DataError
from slipway.spec import Quality, Spec

_SAMPLED_COPIES = 100


@dataclass(frozen=True, slots=True)
class Gates:
    """What is to be checked.

    Attributes:
        quality: The limits.
        limits: Those on single rows.
        outliers: Column to the share of values that may be outliers.
    """

    quality: Quality
    limits: tuple[Limit, ...]
    outliers: dict[str, float]


@dataclass(frozen=True, slots=True)
class State:
    """What was seen of some rows.

    Attributes:
        rows: Rows seen.
        failing: Rows outside of each limit, shape (limits,).
        sketches: The values of the columns that are checked for outliers.
        copies: The rows' hashes; None when copies are not limited.
    """

    rows: int
    failing: tuple[int, ...]
    sketches: dict[str, Sketch]
    copies: Copies | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding, and how to tell the rows that it is about; None when it is about no single rows."""

    finding: Finding
    test: Test | None = None


def prepare(spec: Spec, columns: Mapping[str, Kind]) -> Gates:
    """What a spec wants to be checked.

    Args:
        spec: The spec: quality, event_time.
        columns: Name to kind of the columns of the table.

    Raises:
        UnknownNameError: A limit is on a column that is not there.
        DataError: A limit does not suit the table.
    """
    quality = spec.quality
    if quality.max_age and columns.get(spec.event_time) != "date":
        held = f"is of kind {columns[spec.event_time]}" if spec.event_time else "is not named"
        message = f"field 'quality.max_age' needs an event_time that is a date, but event_time {held}"
        raise DataError(message)
    shares = {name: quality.max_outlier_share for name, kind in columns.items() if kind in NUMERIC}
    for name, item in quality.columns.items():
        if item.max_outlier_share is not None and columns.get(name, "number") not in NUMERIC:
            message = f"field 'quality.columns.{name}.max_outlier_share': column {name!r} is {columns[name]}, no number"
            raise DataError(message)
        if item.max_outlier_share is not None:
            shares[name] = item.max_outlier_share
    wanted = {name: share for name, share in shares.items() if share is not None}
    return Gates(quality, limits(quality, columns), wanted)


def fit(gates: Gates, frame: pl.DataFrame) -> State:
    """Looks at some rows."""
    return State(
        len(frame),
        tuple(int(limit.fails(frame).sum()) for limit in gates.limits),
        {name: sketch.fit(_numbers(frame[name])) for name in gates.outliers},
        None if gates.quality.max_duplicate_share is None else copies.fit(rowhash.hashes(frame)),
    )


def merge(parts: Sequence[State]) -> State:
    """Adds up what was seen; at least one part is needed."""
    held = [part.copies for part in parts if part.copies is not None]
    return State(
        sum(part.rows for part in parts),
        tuple(sum(counts) for counts in zip(*(part.failing for part in parts), strict=True)),
        {name: sketch.merge([part.sketches[name] for part in parts]) for name in parts[0].sketches},
        copies.merge(held) if held else None,
    )


def finish(gates: Gates, state: State, spec: Spec, summary: Mapping[str, Summary]) -> list[Checked]:
    """How each check went.

    Args:
        gates: What was to be checked.
        state: What was seen of all rows.
        spec: The spec: target, event_time.
        summary: Summary of each column over the same rows.
    """
    found = [_limit(limit, count, state.rows) for limit, count in zip(gates.limits, state.failing, strict=True)]
    found += [_outliers(name, gates, state.sketches[name]) for name in gates.outliers]
    if state.copies is not None:
        found.append(_copies(gates.quality.max_duplicate_share or 0.0, state))
    return [*found, *(Checked(finding) for finding in _of_the_table(gates.quality, spec, summary))]


def _limit(limit: Limit, count: int, rows: int) -> Checked:
    share = count / max(rows, 1)
    value = percent(share) if limit.check == "missing values" else f"{count:,} rows"
    sentence = f"column {limit.column!r}: {count:,} of {rows:,} rows are {limit.wrong} ({limit.setting}: {limit.limit})"
    verdict = judged(share <= limit.share)
    return Checked(Finding(limit.check, limit.column, verdict, sentence, limit.limit, value, count), limit.fails)


def _outliers(name: str, gates: Gates, values: Sketch) -> Checked:
    most = gates.outliers[name]
    own = gates.quality.columns.get(name)
    setting = f"quality.columns.{name}.max_outlier_share" if own and own.max_outlier_share is not None else ""
    limit = f"at most {percent(most)} beyond Tukey's outer fences"
    found = outliers.fences(values)
    if found is None:
        said = f"column {name!r}: half of its values are the same, so none is called an outlier"
        return Checked(Finding("outliers", name, "passed", said, limit, "no fences"))
    low, high = found
    count = outliers.beyond(values, low, high)
    share = count / max(values.count, 1)
    sentence = (
        f"column {name!r}: {percent(share)} of its values are outliers; "
        f"{setting or 'quality.max_outlier_share'} allows {percent(most)}"
    )

    def test(rows: pl.DataFrame) -> pl.Series:
        return ~rows[name].is_between(low, high).fill_null(True)

    return Checked(Finding("outliers", name, judged(share <= most), sentence, limit, percent(share), count), test)


def _copies(most: float, state: State) -> Checked:
    held = state.copies
    assert held is not None  # noqa: S101 - only called with copies
    about = "" if held.exact else f" (estimated from 1 in {2**held.level} distinct rows)"
    count = round(held.share * state.rows)
    said = f"{percent(held.share)} of the rows are copies of others{about}"
    sentence = f"{said}; quality.max_duplicate_share allows {percent(most)}"
    repeated = held.repeated(_SAMPLED_COPIES)

    def test(rows: pl.DataFrame) -> pl.Series:
        return pl.Series(np.isin(rowhash.hashes(rows), repeated))

    limit = f"at most {percent(most)} of the rows"
    return Checked(
        Finding("copies of rows", "", judged(held.share <= most), sentence, limit, percent(held.share), count), test
    )


def _of_the_table(quality: Quality, spec: Spec, summary: Mapping[str, Summary]) -> Iterator[Finding]:
    if quality.oldest is not None:
        yield _fresh(quality, quality.oldest, summary[spec.event_time])
    counts = summary[spec.target].counts
    if quality.min_class_share is not None and counts:
        least = quality.min_class_share
        level, count = min(counts.items(), key=lambda item: (item[1], str(item[0])))
        share = count / sum(counts.values())
        name = class_text(level, summary[spec.target].kind)
        sentence = (
            f"class {name!r} of {spec.target!r} has {percent(share)} of the rows; quality.min_class_share asks for"
        )
        yield Finding(
            "balance of the classes", spec.target, judged(share >= least), f"{sentence} {percent(least)}",
            f"at least {percent(least)} each", percent(share),
        )  # fmt: skip


def _fresh(quality: Quality, oldest: timedelta, times: Summary) -> Finding:
    now = (quality.as_of or datetime.now(UTC)).replace(tzinfo=UTC)
    if times.maximum is None:
        said = "no row has an event time, so it can't be told how old the data is"
        return Finding("freshness", "", "failed", said, f"at most {quality.max_age} old", "unknown")
    newest = datetime.fromtimestamp(times.maximum, UTC)
    age = now - newest
    sentence = (
        f"the newest row is of {newest:%Y-%m-%d %H:%M} UTC, {_aged(age)} before {now:%Y-%m-%d %H:%M}; "
        f"quality.max_age allows {quality.max_age}"
    )
    return Finding("freshness", "", judged(age <= oldest), sentence, f"at most {quality.max_age} old", _aged(age))


def _aged(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours:.1f} hours" if abs(hours) < 48 else f"{hours / 24:.1f} days"


def _numbers(values: pl.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
