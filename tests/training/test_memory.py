"""Rows that stay on disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from slipway.data import table
from slipway.errors import DataError
from slipway.training import boosting, candidate, matrix
from slipway.training.boosting import Boosting
from slipway.training.candidate import Setting
from slipway.training.matrix import TARGET, Matrix, Stored
from slipway.training.space import defaults
from slipway.training.trial import Metric, predict

CaseOf = Callable[..., Any]


@pytest.fixture
def on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], Stored]:
    """Puts a matrix on disk, in batches of 70 rows."""
    monkeypatch.setattr(table, "BATCH_ROWS", 70)

    def write(case: Any, part: str) -> Stored:
        rows: Matrix = getattr(case, part)
        frame = pl.DataFrame({name: rows.x[:, place] for place, name in enumerate(rows.names)})
        table.write(iter([frame.with_columns(pl.Series(TARGET, rows.y))]), tmp_path / part)
        return matrix.stored(tmp_path / part, case.target, rows.names)

    return write


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_stored_rows_make_the_model_that_rows_in_memory_make(
    case_of: CaseOf, on_disk: Callable[[Any, str], Stored], task: str
) -> None:
    case = case_of(task)
    setting = Setting({**defaults(Boosting.space), "subsample": 1.0}, 0)
    stored = Boosting().fit(on_disk(case, "train"), on_disk(case, "validation"), case.target, setting)
    held = Boosting().fit(case.train, case.validation, case.target, setting)

    assert stored.found == held.found
    np.testing.assert_allclose(stored.predict(case.train.x), held.predict(case.train.x), rtol=1e-4)


def test_the_batches_are_all_rows_in_order(case_of: CaseOf, on_disk: Callable[[Any, str], Stored]) -> None:
    case = case_of("binary")
    parts = list(on_disk(case, "train").batches())

    assert [len(part.y) for part in parts] == [70, 70, 60]
    np.testing.assert_array_equal(np.concatenate([part.x for part in parts]), case.train.x)
    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), case.train.y)


def test_only_what_can_stream_is_trained_and_the_others_are_named(
    case_of: CaseOf, on_disk: Callable[[Any, str], Stored]
) -> None:
    case = case_of("binary")
    large = type(case)(case.target, on_disk(case, "train"), on_disk(case, "validation"))
    found = large.search("forest", "xgboost", trials=4, memory_mb=0.001)

    assert [item.name for item in found.ranked] == ["xgboost"]
    assert list(found.skipped) == ["forest"]
    assert "search.memory_mb" in found.skipped["forest"]
    model = found.ranked[0].model
    np.testing.assert_allclose(predict(model, large.train), model.predict(case.train.x))
    with pytest.raises(DataError, match="no candidate can be trained: .*add xgboost to 'candidates'"):
        large.search("forest", "logistic", memory_mb=0.001)
    with pytest.raises(DataError, match="folds are made in memory"):
        large.search("xgboost", folds=3, memory_mb=0.001)


@pytest.mark.parametrize("name", ["logistic", "forest", "histogram", "xgboost", "lightgbm"])
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_weight_counts_as_that_many_rows(case_of: CaseOf, name: str, task: str) -> None:
    """Rows of weight zero have no say, whatever their target is."""
    case = case_of(task)
    weight = (np.arange(len(case.train.y)) % 2).astype(np.float64)
    other = case.train.y.copy()
    other[weight == 0] = other[weight == 0][::-1]
    models = []
    for y in (case.train.y, other):
        rows = Matrix(case.train.x, y, case.train.names, weight)
        made = candidate.get(name)
        setting = Setting({**defaults(made.space), "rounds": 20, "strength": 1.0}, 0)
        models.append(made.fit(rows, None, case.target, setting))
    same = np.abs(models[0].predict(case.validation.x) - models[1].predict(case.validation.x)).max()
    whole = candidate.get(name).fit(case.train, None, case.target, setting)
    assert np.abs(models[0].predict(case.validation.x) - whole.predict(case.validation.x)).max() > 10 * same


def test_weights_of_validation_rows_count_in_the_score(case_of: CaseOf) -> None:
    case = case_of("binary")
    asked = []

    def score(y: Any, outputs: Any, weight: Any) -> float:
        asked.append(weight)
        return 0.5

    weight = np.arange(len(case.validation.y)) + 1.0
    rows = Matrix(case.validation.x, case.validation.y, case.validation.names, weight)
    type(case)(case.target, case.train, rows).search("logistic", metric=Metric("asked", score, higher_is_better=True))
    np.testing.assert_array_equal(asked[0], weight)


def test_lightgbm_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "lightgbm", None)
    with pytest.raises(DataError, match=r"needs LightGBM; install it with: pip install 'kfp-slipway\[lightgbm\]'"):
        candidate.get("lightgbm")


def test_external_memory_is_what_stored_rows_use(case_of: CaseOf, on_disk: Callable[[Any, str], Stored]) -> None:
    made = boosting._quantise(on_disk(case_of("binary"), "train"), 1, None)
    assert type(made).__name__ == "ExtMemQuantileDMatrix"
