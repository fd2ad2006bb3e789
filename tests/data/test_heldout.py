import numpy as np
import polars as pl
import pytest

from slipway.data import heldout, rowhash, split
from slipway.data.heldout import Heldout
from slipway.spec.model import Split

FRAME = pl.DataFrame({"a": np.arange(500.0), "b": np.arange(500) % 7, "y": ["no", "yes"] * 250})
CLASSES = FRAME["y"].to_list()
KEYS = split.by_value(rowhash.hashes(FRAME))
CODES = split.finish(split.fit(KEYS, np.arange(500) % 2), Split()).codes(KEYS, np.arange(500) % 2)


@pytest.fixture
def made() -> Heldout:
    kept = CODES != split.TRAIN
    return Heldout.from_json(heldout.of(FRAME.filter(pl.Series(kept)), np.array(CLASSES)[kept].tolist(), 0).to_json())


def test_rows_are_told_apart_from_those_that_trained(made: Heldout) -> None:
    np.testing.assert_array_equal(made.includes(FRAME, CLASSES), CODES != split.TRAIN)


def test_a_column_that_is_added_changes_nothing(made: Heldout) -> None:
    wider = FRAME.with_columns(new=pl.lit(1))
    np.testing.assert_array_equal(made.includes(wider, CLASSES), CODES != split.TRAIN)


def test_it_can_not_be_told_without_a_column_or_with_another_type(made: Heldout) -> None:
    assert made.includes(FRAME.drop("b"), CLASSES) is None
    assert made.includes(FRAME.with_columns(pl.col("b").cast(pl.Float64)), CLASSES) is None


def test_a_split_by_time_holds_out_what_is_newer() -> None:
    assert Heldout({}, 0, {}).includes(FRAME, CLASSES).all()
