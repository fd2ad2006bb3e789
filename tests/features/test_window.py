"""Windows hold what a plain loop over earlier rows gives."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data import partition
from slipway.data import table as tables
from slipway.features import window
from slipway.spec.features import Window

WINDOWS = tuple(
    Window(column="x", statistic=statistic, **back)
    for statistic in ("lag", "mean", "std", "sum", "min", "max", "count")
    for back in ({"rows": 1}, {"rows": 3}, {"days": 2.0})
    if statistic != "lag" or "rows" in back
)
START = datetime(2024, 1, 1)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.none() | st.integers(0, 12).map(lambda half: START + timedelta(hours=12 * half)),
        st.none() | st.integers(-5, 5).map(float),
    ),
    min_size=1,
    max_size=30,
)


def frame_of(rows: list[tuple[str | None, datetime | None, float | None]]) -> pl.DataFrame:
    types = {"who": pl.String, "when": pl.Datetime("us"), "x": pl.Float64}
    return pl.DataFrame(rows, schema=types, orient="row").with_row_index("id")


def plainly(rows: list[dict[str, object]], row: dict[str, object], item: Window) -> float | None:
    """What an item is by its definition."""
    when = row["when"]
    before = [
        other
        for other in rows
        if when and other["when"] and other["who"] == row["who"] and other["when"] < when  # type: ignore[operator]
    ]
    before.sort(key=lambda other: (other["when"], other["id"]))  # type: ignore[arg-type, return-value]
    if item.statistic == "lag":
        return before[-item.rows]["x"] if item.rows and item.rows <= len(before) else None  # type: ignore[return-value]
    if item.rows is not None:
        before = before[-item.rows :]
    else:
        before = [other for other in before if other["when"] >= when - timedelta(days=item.days or 0)]  # type: ignore[operator]
    values = [float(other["x"]) for other in before if other["x"] is not None]  # type: ignore[arg-type]
    if item.statistic == "count":
        return float(len(values))
    if item.statistic == "std":
        return float(np.std(values, ddof=1)) if len(values) > 1 else None
    made = {"mean": np.mean, "sum": np.sum, "min": np.min, "max": np.max}[item.statistic]
    return float(made(values)) if values else None


@settings(max_examples=150, deadline=None)
@given(rows=ROWS)
def test_it_is_what_the_definition_says(rows: list[tuple[str | None, datetime | None, float | None]]) -> None:
    frame = frame_of(rows)
    made = window.add(frame, WINDOWS, "who", "when").sort("id")
    plain = frame.to_dicts()

    for item in WINDOWS:
        expected = [plainly(plain, row, item) for row in plain]
        assert made[item.name].to_list() == pytest.approx(expected, nan_ok=True), item.name


@settings(max_examples=50, deadline=None)
@given(rows=ROWS, data=st.data())
def test_neither_its_own_row_nor_the_future_changes_it(
    rows: list[tuple[str | None, datetime | None, float | None]], data: st.DataObject
) -> None:
    frame = frame_of(rows)
    chosen = data.draw(st.sampled_from(range(len(frame))))
    when = frame["when"][chosen]
    later = (frame["when"] >= when) if when else pl.Series([True] * len(frame))
    changed = frame.with_columns(x=pl.when(later.fill_null(False)).then(999.0).otherwise("x"))

    names = [item.name for item in WINDOWS]
    before = window.add(frame, WINDOWS, "who", "when").sort("id").select(names).row(chosen)
    after = window.add(changed, WINDOWS, "who", "when").sort("id").select(names).row(chosen)

    assert before == after


def test_the_spread_of_large_values_is_not_lost_to_rounding() -> None:
    values = [1e9 + value for value in (0.25, 0.5, 1.0, 0.75)]
    frame = pl.DataFrame({"who": "a", "when": [START + timedelta(days=day) for day in range(5)], "x": [*values, 0.0]})
    made = window.add(frame, (Window(column="x", statistic="std", rows=4),), "who", "when")

    assert made["x std 4 rows"][-1] == pytest.approx(np.std(values, ddof=1))


def test_a_column_says_how_it_is_made() -> None:
    made = [window.describe(item, "who", "when") for item in WINDOWS[:1] + WINDOWS[-1:]]

    assert [item.name for item in made] == ["x lag 1", "x count 2 days"]
    assert made[0].made == "'x' of the last row of the same 'who' with an earlier 'when'"
    assert made[1].made == "how many values there are of 'x' in the 2 days of the same 'who' before the row's 'when'"
    assert made[0].column.made == made[0].made


def test_entities_are_complete_however_the_table_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partition, "BUCKET_ROWS", 100)
    rng = np.random.default_rng(0)
    when = [START + timedelta(hours=int(hour)) for hour in rng.integers(0, 900, 1000)]
    frame = pl.DataFrame(
        {"id": range(1000), "who": rng.integers(0, 60, 1000), "when": when, "x": rng.normal(size=1000)}
    )
    parts = [frame[start : start + 90] for start in range(0, 1000, 90)]

    buckets = list(partition.by_value(parts, "who", 1000, tmp_path))
    made = pl.concat(window.add(bucket, WINDOWS, "who", "when") for bucket in buckets)

    assert len(buckets) == 10
    assert made.sort("id").equals(window.add(frame, WINDOWS, "who", "when").sort("id"))
    assert not set(buckets[0]["who"]) & set(buckets[1]["who"])
    assert tables.rows(tmp_path / "00000") == len(buckets[0])
