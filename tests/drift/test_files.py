"""Tables and profiles in files, where kinds are to be found out."""

import contextlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.drift.frames import QUICK, table

from slipway.data.columns import of_frame
from slipway.data.schema import Kind
from slipway.drift import check, dependence, stored
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift.findings import Findings
from slipway.errors import DataError
from slipway.features.inputs import inputs
from slipway.steps.between import between


def written(frame: pl.DataFrame, path: Path) -> str:
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
    return str(path)


def compared(folder: Path, reference: pl.DataFrame, current: pl.DataFrame, suffix: str) -> Findings:
    return between(written(reference, folder / "r.parquet"), written(current, folder / f"c{suffix}"), QUICK)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_category_that_is_stored_as_a_number_is_named(tmp_path: Path, suffix: str) -> None:
    reference = table(0).with_columns(pl.format("c{}", "visits").alias("visits"))

    found = compared(tmp_path, reference, table(1), suffix)

    assert found.data.missing == ("visits",)
    assert found.columns == ("visits",)


def profile_of(frame: pl.DataFrame, path: Path) -> str:
    path.write_text(stored.to_json(profiles.finish(profiles.of_columns(of_frame(frame)))))
    return str(path)


@pytest.mark.parametrize(("column", "word"), [("a", ""), ("a", "NA"), ("visits", "NA"), ("city", "")])
def test_a_column_without_any_value_in_csv_is_of_no_other_kind(tmp_path: Path, column: str, word: str) -> None:
    current = written(table(1).with_columns(pl.lit(word).alias(column)), tmp_path / "c.csv")

    for reference in (written(table(0), tmp_path / "r.csv"), profile_of(table(0), tmp_path / "r.json")):
        found = between(reference, current, QUICK)
        drifted = next(one for one in found.data.columns if one.name == column)
        assert (found.data.retyped, found.data.drifted, drifted.missing_now) == ({}, (column,), 1)


def test_a_reference_column_without_any_value_is_of_no_other_kind(tmp_path: Path) -> None:
    reference = table(0).with_columns(a=pl.lit(""), city=pl.lit(None, pl.String))

    for place in (written(reference, tmp_path / "r.csv"), profile_of(reference, tmp_path / "r.json")):
        found = between(place, written(table(1), tmp_path / "c.csv"), QUICK)
        assert (found.data.retyped, set(found.data.drifted)) == ({}, {"a", "city"})


def test_what_was_done_to_read_a_table_is_told(tmp_path: Path) -> None:
    first = pl.int_range(pl.len()) == 0
    current = table(1).with_columns(a=pl.when(first).then(float("inf")).otherwise("a"))

    for reference in (written(table(0), tmp_path / "r.csv"), profile_of(table(0), tmp_path / "r.json")):
        found = between(reference, written(current, tmp_path / "c.csv"), QUICK)
        assert "current data: column 'a': 1 infinite values were read as missing values" in found.notes


def test_csv_and_parquet_of_the_same_rows_have_no_drift(tmp_path: Path) -> None:
    found = compared(tmp_path, table(0), table(0), ".csv")

    assert (found.severity, found.data.columns[0].psi) == ("none", pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize("text", ['{"format": 1}', '{"format": 99}', "[]", "no json"])
def test_a_reference_of_another_release_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "reference.json").write_text(text)

    with pytest.raises(DataError, match="reference"), warnings.catch_warnings():
        between(str(tmp_path / "reference.json"), written(table(0), tmp_path / "c.csv"), QUICK)


def whole_profile() -> dict[str, Any]:
    """A profile with all parts, as JSON."""
    frame = table(0, 100).select("a", "visits", "city")
    kinds: dict[str, Kind] = {"a": "number", "visits": "integer", "city": "category"}
    together = dependence.fit(samples.fit(inputs(frame, kinds), ["a", "visits"], np.random.default_rng(0)), kinds)
    raw: dict[str, Any] = json.loads(
        stored.to_json(profiles.finish(profiles.of_columns(of_frame(frame)), {"a": 1.0}, dependence=together))
    )
    return raw


def places(raw: Any, start: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything in a document, but of a list to its first two items."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw[:2]) if isinstance(raw, list) else ()
    return [path for key, value in items for path in [(*start, key), *places(value, (*start, key))]]


@given(st.sampled_from(places(whole_profile())), st.sampled_from([None, -1, 0, 1.5, "x", [], {}, [1], 10**30]))
@settings(deadline=None)
def test_whatever_is_wrong_in_a_profile_is_an_error_or_harmless(path: tuple[Any, ...], value: Any) -> None:
    raw = part = whole_profile()
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value

    with contextlib.suppress(DataError):
        json.loads(check(stored.from_json(json.dumps(raw)), table(1, 60)).to_json())


def test_a_column_that_became_dates_is_a_finding_beside_the_others() -> None:
    start = pl.datetime(2024, 1, 1)
    dates = pl.datetime_range(start, start + pl.duration(hours=799), "1h", eager=True).alias("visits")

    forth, back = check(table(0), table(1).with_columns(dates)), check(table(0).with_columns(dates), table(1))

    assert (forth.columns, forth.data.retyped) == (("visits",), {"visits": "integer before, date now"})
    assert (back.columns, back.data.retyped) == (("visits",), {"visits": "date before, integer now"})
