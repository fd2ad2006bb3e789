from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats

from slipway.data import columns as tables
from slipway.drift import between, check
from slipway.drift import profile as profiles
from slipway.drift.comparison import Comparison
from slipway.errors import DataError
from slipway.spec import Drift


def frame(seed: int, rows: int = 3000, shift: float = 0.0) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "x": random.normal(shift, size=rows),
            "n": pl.Series(random.poisson(3, rows)).set(pl.Series(random.random(rows) < 0.1), None),
            "b": random.random(rows) < 0.3,
            "t": pl.Series(1_700_000_000_000_000 + random.integers(0, 10**13, rows)).cast(pl.Datetime("us")),
            "c": random.choice(["a", "b", " b ", ""], rows),
        }
    )


def compared(reference: Any, current: Any, importances: dict[str, float] | None = None) -> Comparison:
    return check(reference, current, importances=importances, limits=Drift(classifier=False)).data


def found(comparison: Any) -> Any:
    return {column.name: column for column in comparison.columns}


def test_two_tables_are_compared_exactly() -> None:
    before, now = frame(0), frame(1, 2000, 0.1)

    columns = found(compared(before, now))

    for name in ("x", "n", "b", "t"):
        one, other = (
            side[name].drop_nulls().to_physical().cast(pl.Float64).to_numpy() / (1e6 if name == "t" else 1)
            for side in (before, now)
        )
        assert columns[name].ks == pytest.approx(stats.ks_2samp(one, other).statistic, abs=1e-12)
        assert columns[name].wasserstein == pytest.approx(stats.wasserstein_distance(one, other), rel=1e-9)
        assert columns[name].error == 0
    assert set(columns["c"].labels) == {"a", "b", "other levels", "missing"}
    assert columns["c"].missing_now == (now["c"] == "").mean()
    assert columns["n"].missing_before == before["n"].null_count() / 3000


def test_pandas_and_polars_and_files_say_the_same(tmp_path: Path) -> None:
    before, now = frame(0), frame(1, shift=1)
    for name, side in (("before", before), ("now", now)):
        side[:1000].write_parquet(tmp_path / f"{name}-1.parquet")
        side[1000:].write_parquet(tmp_path / f"{name}-2.parquet")

    with tables.open_columns(f"{tmp_path}/before-*.parquet") as one, tables.open_columns(f"{tmp_path}/now-*") as other:
        from_files = between.compare(one, other, Drift(), {})

    assert from_files == compared(before, now)
    assert compared(before.drop("n").to_pandas(), now.drop("n").to_pandas()) == compared(
        before.drop("n"), now.drop("n")
    )
    assert from_files.drifted == ("x",)


def test_csv_is_compared_too(tmp_path: Path) -> None:
    before, now = frame(0), frame(1)
    for name, side in (("before", before), ("now", now)):
        side.write_csv(tmp_path / f"{name}.csv")

    with tables.open_columns(f"{tmp_path}/before.csv") as one, tables.open_columns(f"{tmp_path}/now.csv") as other:
        from_files = between.compare(one, other, Drift(), {})

    exact = found(compared(before, now))
    assert {name: column.ks for name, column in found(from_files).items()} == {
        name: pytest.approx(column.ks, abs=1e-12) for name, column in exact.items()
    }


def test_blocks_of_columns_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compared(frame(0), frame(1))
    monkeypatch.setattr(between, "BLOCK_VALUES", 3000)

    assert compared(frame(0), frame(1)) == whole


def test_a_profile_is_compared_within_its_error() -> None:
    before, now = frame(0), frame(1, shift=0.5)
    made = profiles.finish(profiles.of_columns(tables.of_frame(before)))

    stored, exact = found(compared(made, now)), found(compared(before, now))

    for name, column in exact.items():
        assert stored[name].ks - 1e-12 <= column.ks <= stored[name].ks + stored[name].error + 1e-12
        assert stored[name].psi == pytest.approx(column.psi, abs=0.03)
        assert stored[name].severity == column.severity


def test_infinite_values_and_a_column_of_nulls_are_told() -> None:
    before = pl.DataFrame({"x": [1.0, 2.0] * 50, "empty": [None] * 100, "text": ["a"] * 100})
    now = pl.DataFrame({"x": [1.0, np.inf] * 50, "empty": [1.0] * 100, "text": [1.0] * 100})

    comparison = compared(before, now)

    assert comparison.missing == ("text",)
    assert found(comparison)["x"].infinite_now == 0.5
    assert found(comparison)["empty"].missing_before == 1


def test_importances_keep_an_ignored_column_from_alarming() -> None:
    before, now = frame(0), frame(1, shift=2)

    assert compared(before, now, importances={"x": 0.9, "n": 0.1}).severity == "alarm"
    assert compared(before, now, importances={"x": 0.001, "n": 0.999}).severity == "warn"


@pytest.mark.parametrize(("rows", "side"), [((0, 50), "0 reference"), ((50, 9), "9 current")])
def test_too_few_rows_are_an_error(rows: tuple[int, int], side: str) -> None:
    with pytest.raises(DataError, match=f"{side} rows are too few"):
        compared(frame(0, rows[0]), frame(0, rows[1]))


def test_what_is_no_dataframe_is_an_error() -> None:
    with pytest.raises(DataError, match="not list"):
        compared([1], frame(0))
    with pytest.raises(DataError, match="several types"):
        compared(pd.DataFrame({"x": [1, "a"] * 9}), frame(0))


def test_a_table_of_many_files_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame(0).write_parquet(tmp_path / "now.parquet")
    for at in range(3):
        frame(1)[at * 1000 : (at + 1) * 1000].write_parquet(tmp_path / f"before-{at}.parquet")

    def whole() -> Comparison:
        with tables.open_columns(f"{tmp_path}/before-*") as one, tables.open_columns(f"{tmp_path}/now.parquet") as now:
            return between.compare(one, now, Drift(), {})

    kept = whole()
    monkeypatch.setattr(tables, "_MOST_OPEN", 2)

    assert whole() == kept
