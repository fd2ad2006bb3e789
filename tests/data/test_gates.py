"""Limits of the spec that the data does not keep."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data import copies, gates, outliers, sketch
from slipway.data import summary as summaries
from slipway.errors import DataError, GateError, SpecError, UnknownNameError
from slipway.spec import Spec, parse

ROWS = 200
FRAME = pl.DataFrame(
    {
        "age": [-1, None, None, *range(20, 217)],
        "plan": ["gold", *["a", "b"] * 99, "b"],
        "sum": [*np.linspace(0, 1, 198).tolist(), 1e6, -1e6],
        "at": [datetime(2026, 1, 1) + timedelta(hours=i) for i in range(ROWS)],
        "sex": ["f", "m"] * 100,
        "y": [*["yes"] * 20, *["no"] * 180],
    }
)


def refused(check: Any, tmp_path: Path, frame: pl.DataFrame = FRAME, **fields: Any) -> GateError:
    frame.write_parquet(tmp_path / "data.parquet")
    with pytest.raises(GateError) as error:
        check(tmp_path / "data.parquet", **fields)
    return error.value


def test_all_limits_that_are_not_kept_are_told_together(check: Any, tmp_path: Path, out: Path) -> None:
    columns = {
        "age": {"min": 0, "max": 200, "max_null_share": 0.005},
        "plan": {"allowed": ["a", "b"]},
        "sum": {"max_outlier_share": 0.001},
        "at": {"min": "2026-01-01T02:00:00"},
    }
    quality = {
        "columns": columns, "min_class_share": 0.2, "max_duplicate_share": 0.0, "max_age": "7d", "as_of": "2026-02-01",
    }  # fmt: skip
    doubled = pl.concat([FRAME, FRAME.tail(10)])
    error = refused(check, tmp_path, doubled, event_time="at", quality=quality)
    assert error.exit_code == 3
    assert [(item.check, item.column, item.value) for item in error.failures] == [
        ("missing values", "age", "0.952%"),
        ("smallest value", "age", "1 rows"),
        ("largest value", "age", "26 rows"),
        ("allowed values", "plan", "1 rows"),
        ("smallest value", "at", "2 rows"),
        ("outliers", "sum", "1.9%"),
        ("copies of rows", "", "4.76%"),
        ("freshness", "", "22.7 days"),
        ("balance of the classes", "y", "9.52%"),
    ]
    assert f"the report is at {out / 'findings'}" in str(error)
    assert not (out / "table").exists()


def test_the_report_shows_the_rows_and_hides_what_is_sensitive(check: Any, tmp_path: Path, out: Path) -> None:
    quality = {"columns": {"age": {"min": 0}, "sex": {"allowed": ["m"]}}}
    refused(check, tmp_path, sensitive=["sex"], quality=quality)
    page = (out / "findings").read_text()
    assert "1 of 200 rows are below (quality.columns.age.min: at least 0)" in page
    assert '<td class="hit ">-1' in page
    assert "5 of 100 rows" in page
    assert '<td class="hit hidden">redacted' in page
    assert ">f<" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_report_of_refused_data_is_in_the_registry(check: Any, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    error = refused(check, tmp_path, registry=str(registry), quality={"columns": {"age": {"min": 0}}})
    (page,) = (registry / "model" / "refused").iterdir()
    assert str(page) in str(error)
    assert "the data is refused" in page.read_text()


def test_data_within_its_limits_is_not_refused(check: Any, tmp_path: Path, out: Path) -> None:
    columns = {
        "age": {"min": -1, "max": 216, "max_null_share": 0.01, "max_outlier_share": 0},
        "plan": {"allowed": ["a", "b", "gold"]},
        "at": {"min": "2026-01-01", "max": "2027-01-01T00:00:00+02:00"},
    }
    quality = {
        "columns": columns, "min_class_share": 0.1, "max_duplicate_share": 0.0, "max_age": "1d", "as_of": "2026-01-10",
    }  # fmt: skip
    FRAME.write_parquet(tmp_path / "data.parquet")
    assert check(tmp_path / "data.parquet", event_time="at", quality=quality).rows == ROWS
    assert "the data can be used" in (out / "findings").read_text()


def test_freshness_is_against_now_unless_a_time_is_given(check: Any, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    frame = FRAME.with_columns(at=pl.Series([now - timedelta(hours=ROWS - i) for i in range(ROWS)]))
    frame.write_parquet(tmp_path / "data.parquet")
    assert check(tmp_path / "data.parquet", event_time="at", quality={"max_age": "3h"}).rows == ROWS
    error = refused(check, tmp_path, frame, event_time="at", quality={"max_age": "1m"})
    assert "the newest row is of" in str(error)


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        ({"columns": {"agee": {"min": 0}}}, "'agee' is not in the data, but field 'quality.columns' names it; did you"),
        ({"columns": {"plan": {"min": 0}}}, "'quality.columns.plan.min' holds the number 0, but column 'plan' is of"),
        ({"columns": {"age": {"max": "2026-01-01"}}}, "'quality.columns.age.max' holds a time, but column 'age' is"),
        ({"columns": {"plan": {"allowed": [True, "b"]}}}, "holds True; write it in quotes, but column 'plan' is of"),
        ({"columns": {"plan": {"max_outlier_share": 0.1}}}, "column 'plan' is category, no number"),
        ({"max_age": "7d"}, "'quality.max_age' needs an event_time that is a date, but event_time is not named"),
    ],
)
def test_a_limit_that_does_not_suit_the_table_is_told(
    check: Any, tmp_path: Path, quality: dict[str, Any], words: str
) -> None:
    FRAME.write_parquet(tmp_path / "data.parquet")
    with pytest.raises((DataError, UnknownNameError)) as error:
        check(tmp_path / "data.parquet", quality=quality)
    assert words in str(error.value)


@pytest.mark.parametrize(
    "quality",
    [
        {"max_age": "soon"},
        {"columns": {"age": {"min": 3, "max": 1}}},
        {"columns": {"age": {"min": 3, "max": "2026-01-01"}}},
        {"columns": {"age": {"allowed": []}}},
        {"columns": {"age": {"mni": 3}}},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(check: Any, quality: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        check("x,y\n1,2\n", quality=quality)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 199), max_size=3))
def test_parts_add_up_to_the_whole(cuts: list[int]) -> None:
    quality = {
        "columns": {"age": {"min": 30}, "plan": {"allowed": ["a"]}}, "max_outlier_share": 0.5, "max_duplicate_share": 0,
    }  # fmt: skip
    spec = parse({"name": "m", "data": "-", "target": "y", "quality": quality}, Spec)
    kinds: Any = {
        "age": "integer",
        "plan": "category",
        "sum": "number",
        "at": "date",
        "sex": "category",
        "y": "category",
    }
    prepared = gates.prepare(spec, kinds)
    summary = {name: summaries.fit(FRAME[name], kind) for name, kind in kinds.items()}
    edges = [0, *sorted(cuts), ROWS]
    parts = [FRAME[low:high] for low, high in pairwise(edges) if high > low]
    merged = gates.merge([gates.fit(prepared, part) for part in parts])
    whole = gates.fit(prepared, FRAME)
    found, expected = (
        [item.finding for item in gates.finish(prepared, state, spec, summary)] for state in (merged, whole)
    )
    assert found == expected
    assert found[0].rows == 11


def test_copies_past_the_limit_are_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, 2**64 - 1, 40_000, dtype=np.uint64)
    keys = np.concatenate([keys, keys[:10_000]])
    exact = copies.fit(keys)
    assert exact.exact
    assert exact.share == pytest.approx(0.2)
    monkeypatch.setattr(copies, "MOST_KEYS", 4000)
    held = copies.merge([copies.fit(part) for part in np.array_split(rng.permutation(keys), 7)])
    assert not held.exact
    assert len(held.keys) <= 4000
    assert held.share == pytest.approx(0.2, abs=0.03)


@settings(max_examples=50)
@given(st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=5, max_size=200))
def test_outliers_are_what_lies_beyond_tukeys_outer_fences(numbers: list[float]) -> None:
    values = np.array(numbers)
    held = sketch.fit(values)
    fences = outliers.fences(held)
    low, high = (np.quantile(values, q, method="inverted_cdf") for q in (0.25, 0.75))
    if fences is None:
        assert high - low <= 1e-5 * max(abs(low), abs(high))
        return
    reach = 3 * (high - low)
    np.testing.assert_allclose(fences, (low - reach, high + reach), rtol=1e-4, atol=2e-5 * max(abs(low), abs(high)))
    far = np.abs(values - (low + high) / 2) > 1.01 * (reach + (high - low) / 2) + 1e-4 * np.abs(values).max()
    assert outliers.beyond(held, *fences) >= far.sum()
