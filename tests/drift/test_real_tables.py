"""Real tables, cut in two by a column: what it was cut by is named first, and a cut by chance is no drift."""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import river
from sklearn import datasets

from slipway.drift import check
from slipway.spec import Drift

QUICK = Drift(classifier=False)
CHURN = Path(__file__).parents[2] / "examples/churn/churn.csv"


def load(name: str) -> pl.DataFrame:
    if name == "churn":
        return pl.read_csv(CHURN)
    found = getattr(datasets, f"load_{name}")(as_frame=True)
    return pl.from_pandas(found.frame)


def halves(frame: pl.DataFrame, by: np.ndarray) -> tuple[pl.DataFrame, pl.DataFrame]:
    return frame.filter(by), frame.filter(~by)


CUTS = [
    ("breast_cancer", "mean texture"),
    ("breast_cancer", "worst smoothness"),
    ("wine", "magnesium"),
    ("wine", "alcohol"),
    ("diabetes", "bmi"),
    ("diabetes", "bp"),
    ("churn", "account_length"),
    ("churn", "total_intl_calls"),
]


@pytest.mark.parametrize(("name", "column"), CUTS)
def test_the_column_that_a_table_was_cut_by_is_named_first(name: str, column: str) -> None:
    frame = load(name)
    by = frame[column].to_numpy()

    found = check(*halves(frame, by < np.median(by)), limits=QUICK)

    assert found.drifted
    assert found.data.columns[0].name == column


@pytest.mark.parametrize(
    ("name", "column"), [("breast_cancer", "mean texture"), ("diabetes", "bmi"), ("churn", "account_length")]
)
def test_the_classifier_names_it_too(name: str, column: str) -> None:
    frame = load(name)
    by = frame[column].to_numpy()
    leaning = np.random.default_rng(0).random(len(by)) < np.where(by < np.median(by), 0.8, 0.2)

    found = check(*halves(frame, leaning)).separation

    assert found is not None
    assert (found.severity, found.columns[0][0]) == ("alarm", column)


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes", "churn"])
def test_a_cut_by_chance_is_seldom_drift(name: str) -> None:
    frame = load(name)
    random = np.random.default_rng(0)
    flagged = [check(*halves(frame, random.random(len(frame)) < 0.5), limits=QUICK).drifted for _ in range(10)]

    assert sum(flagged) == 0


def test_the_classifier_is_quiet_on_a_cut_by_chance() -> None:
    frame = load("churn")

    found = check(*halves(frame, np.random.default_rng(1).random(len(frame)) < 0.5))

    assert found.severity == "none"


def year(which: int) -> pl.DataFrame:
    """Daily returns of ten stocks, in percent."""
    file = Path(river.__file__).parent / "datasets/sp500.csv.gz"
    stocks = pl.read_csv(gzip.decompress(file.read_bytes()), try_parse_dates=True)
    return stocks.filter(pl.col("date").dt.year() == which).drop("date")


@pytest.mark.parametrize(("before", "now"), [(2013, 2014), (2015, 2016)])
def test_years_alike_are_not_drift(before: int, now: int) -> None:
    assert check(year(before), year(now)).severity == "none"


def test_the_calm_year_is_named_with_the_correlations_that_fell() -> None:
    """In 2017 stocks moved less than in 2015, and less together."""
    found = check(year(2015), year(2017))

    assert {"next_day_return", "XOM", "IBM"} <= set(found.data.drifted)
    assert found.multivariate is not None
    assert found.multivariate.pairs
    assert all(pair.now < pair.before for pair in found.multivariate.pairs)
    assert found.separation is not None
    assert found.separation.severity == "alarm"
