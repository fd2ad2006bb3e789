import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from slipway.data.schema import Kind
from slipway.drift import classifier, correlation, dependence, multivariate
from slipway.drift import sample as samples
from slipway.drift.dependence import Dependence
from slipway.drift.sample import Sample
from slipway.spec import Drift

Rows = NDArray[np.float64]


def drawn(rows: Rows, seed: int = 0) -> Sample:
    names = [f"c{at}" for at in range(rows.shape[1])]
    inputs = {name: rows[:, [at]] for at, name in enumerate(names)}
    return samples.fit(inputs, names, np.random.default_rng(seed))


def kinds(rows: Rows) -> dict[str, Kind]:
    return {f"c{at}": "number" for at in range(rows.shape[1])}


def described(rows: Rows) -> Dependence:
    found = dependence.fit(drawn(rows), kinds(rows))
    assert found is not None
    return found


def compared(reference: Rows, current: Rows) -> multivariate.Multivariate:
    found = multivariate.compare(described(reference), drawn(current), Drift())
    assert found is not None
    return found


def separated(reference: Rows, current: Rows) -> classifier.Separation:
    found = classifier.separate(drawn(reference), drawn(current), kinds(reference), Drift())
    assert found is not None
    return found


def related(random: np.random.Generator, rows: int, correlation: float, columns: int = 5) -> Rows:
    """Normal columns, of which c1 and c3 have a correlation; each alone is the same whatever it is."""
    made = random.normal(size=(rows, columns))
    made[:, 3] = correlation * made[:, 1] + np.sqrt(1 - correlation**2) * made[:, 3]
    return made


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5), st.randoms())
@settings(deadline=None)
def test_parts_in_any_order_give_the_sample_of_the_whole(sizes: list[int], order: Any) -> None:
    parts = [
        samples.fit({"x": np.full((size, 1), float(at))}, ["x"], np.random.default_rng(at))
        for at, size in enumerate(sizes)
    ]
    shuffled = order.sample(parts, len(parts))

    whole, other = samples.merge(parts), samples.merge(shuffled)

    assert whole.rows == other.rows == sum(sizes)
    np.testing.assert_array_equal(whole.keys, other.keys)
    np.testing.assert_array_equal(whole.columns["x"], other.columns["x"])


def test_a_sample_is_bounded_and_uniform() -> None:
    values = np.arange(40_000.0).reshape(-1, 1)
    parts = [
        samples.fit({"x": part}, ["x"], np.random.default_rng(at)) for at, part in enumerate(np.split(values, [30_000]))
    ]

    whole = samples.merge(parts)

    assert (len(whole.keys), whole.rows) == (samples.ROWS, 40_000)
    assert len(np.unique(whole.columns["x"])) == samples.ROWS
    assert stats.kstest(whole.columns["x"] / 40_000, "uniform").pvalue > 0.001


def test_dates_are_not_sampled_and_columns_are_bounded() -> None:
    many: dict[str, Kind] = {f"c{at}": "date" if at == 0 else "number" for at in range(500)}

    assert samples.names(many, {}) == [f"c{at}" for at in range(1, samples.COLUMNS + 1)]
    assert samples.names(many, {"c0": 9, "c400": 5, "c7": 1})[:3] == ["c400", "c7", "c1"]


def test_columns_that_are_left_out_are_told() -> None:
    many: dict[str, Kind] = dict.fromkeys([f"c{at}" for at in range(1200)], "number")

    assert "in 100 of 1,200 columns only: the first ones" in samples.note(many, {})
    assert "those that the model relies on most" in samples.note(many, {"c7": 1})
    assert samples.note(dict.fromkeys("abc", "number"), {}) == ""


@given(st.integers(0, 2**32 - 1))
@settings(deadline=None, max_examples=20)
def test_correlations_equal_numpy(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(50, 4))

    np.testing.assert_allclose(correlation.correlations(rows), np.corrcoef(rows.T), atol=1e-12)


def test_scores_keep_the_correlation_of_normal_columns_and_ignore_a_monotone_scale() -> None:
    rows = related(np.random.default_rng(0), 4000, 0.7)
    bent = np.exp(3 * rows)

    found = correlation.full(described(rows).correlations, 5)

    assert found[1, 3] == pytest.approx(0.7, abs=0.04)
    assert described(bent).correlations == described(rows).correlations


def test_json_keeps_a_dependence() -> None:
    made = described(related(np.random.default_rng(0), 500, 0.7))

    assert Dependence.from_raw(json.loads(json.dumps(made.to_raw()))) == made


@pytest.mark.parametrize("field", ["edges", "scores", "correlations", "variances"])
def test_lengths_that_do_not_agree_are_an_error(field: str) -> None:
    raw = described(related(np.random.default_rng(0), 500, 0.7)).to_raw()

    with pytest.raises(ValueError, match="the dependence of 5 columns has fields of lengths"):
        Dependence.from_raw({**raw, field: raw[field][:-1]})


@pytest.mark.parametrize(("before", "now"), [(0.0, 0.7), (0.7, 0.0), (0.6, -0.6), (0.95, 0.6)])
@pytest.mark.parametrize("scale", [np.asarray, lambda rows: np.exp(3 * rows)])
def test_a_change_of_correlation_alone_is_found_and_its_pair_is_named(
    before: float, now: float, scale: Callable[[Rows], Rows]
) -> None:
    random = np.random.default_rng(0)
    reference, current = scale(related(random, 3000, before)), scale(related(random, 1000, now))

    found = compared(reference, current)

    assert found.severity == "alarm"
    assert found.pairs[0].columns == ("c1", "c3")
    assert found.pairs[0].before == pytest.approx(before, abs=0.06)
    assert found.pairs[0].now == pytest.approx(now, abs=0.06)
    assert len(found.pairs) == 1
    assert "the correlation of 'c1' and 'c3' was" in found.sentence


def test_the_size_of_a_change_is_the_divergence_of_normal_pairs() -> None:
    """Against the integral: KL of two normal densities, both ways."""
    random = np.random.default_rng(0)
    (pair,) = compared(related(random, 5000, 0.0), related(random, 5000, 0.6)).pairs
    p, q = (stats.multivariate_normal(cov=[[1, r], [r, 1]]) for r in (pair.before, pair.now))
    x, y = p.rvs(200_000, random_state=1), q.rvs(200_000, random_state=1)

    divergence = np.mean(p.logpdf(x) - q.logpdf(x)) + np.mean(q.logpdf(y) - p.logpdf(y))

    assert pair.psi == pytest.approx(divergence, rel=0.02)


def test_rows_off_the_main_directions_are_found() -> None:
    """Twenty columns of three hidden ones; now each column also has noise of its own."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(3, 20))

    def rows(noise: float) -> Rows:
        return np.asarray(random.normal(size=(2000, 3)) @ mixing + noise * random.normal(size=(2000, 20)))

    found = compared(rows(0.5), rows(1.0)).reconstruction

    assert found.severity == "alarm"
    assert found.now > 1.5 * found.before


@pytest.mark.parametrize(
    ("reference", "current", "columns"), [(60, 30, 5), (300, 300, 50), (1000, 100, 20), (4000, 4000, 10)]
)
@pytest.mark.parametrize("heavy", [False, True])
def test_unchanged_dependence_seldom_alarms(reference: int, current: int, columns: int, *, heavy: bool) -> None:
    random = np.random.default_rng(columns)
    found = []
    for _ in range(40):
        rows = random.normal(size=(reference + current, columns)) @ random.normal(size=(columns, columns))
        if heavy:
            rows = np.where(random.random(rows.shape) < 0.1, np.nan, np.exp(rows))
        found.append(compared(rows[:reference], rows[reference:]).severity != "none")

    assert np.mean(found) <= 0.05


@pytest.mark.parametrize(
    "rows",
    [np.ones((100, 3)), np.full((100, 3), np.nan), np.random.default_rng(0).normal(size=(29, 3)), np.zeros((0, 3))],
)
def test_what_does_not_vary_or_is_too_small_has_no_dependence(rows: Rows) -> None:
    assert dependence.fit(drawn(rows), kinds(rows)) is None


def test_nothing_is_compared_without_a_reference_or_rows_or_columns() -> None:
    rows = related(np.random.default_rng(0), 100, 0.5)

    assert multivariate.compare(None, drawn(rows), Drift()) is None
    assert multivariate.compare(described(rows), drawn(rows[:29]), Drift()) is None
    assert multivariate.compare(described(rows), drawn(rows[:, :4]), Drift()) is None


def test_a_column_that_became_constant_makes_no_false_number() -> None:
    random = np.random.default_rng(0)
    current = related(random, 500, 0.7)
    current[:, 1] = 3.0

    found = compared(related(random, 500, 0.7), current)

    assert all("c1" not in pair.columns for pair in found.pairs)
    assert np.isfinite(found.reconstruction.psi)


def test_the_classifier_names_the_columns_that_changed() -> None:
    random = np.random.default_rng(0)
    reference, current = related(random, 1500, 0.0), related(random, 1500, 0.9)
    current[:, 4] += 1

    found = separated(reference, current)

    assert found.severity == "alarm"
    assert {name for name, _ in found.columns} == {"c1", "c3", "c4"}
    assert "can be told apart: AUC 0." in found.sentence


def test_the_classifier_sees_what_neither_columns_nor_correlations_show() -> None:
    """c0 and c1 have the same sign or not: each is the same alone, and they have no correlation either way."""
    random = np.random.default_rng(0)
    reference, current = random.normal(size=(1500, 4)), random.normal(size=(1500, 4))
    current[:, 2] = np.sign(current[:, 0] * current[:, 1]) * np.abs(current[:, 2])

    found = separated(reference, current)

    assert compared(reference, current).severity == "none"
    assert (found.severity, {name for name, _ in found.columns}) == ("alarm", {"c0", "c1", "c2"})


def test_the_classifier_sees_levels_and_missing_values() -> None:
    random = np.random.default_rng(0)
    before, now = random.choice(["a", "b", "c"], 800), random.choice(["a", "b", ""], 800)
    other = random.normal(size=(1600, 1))
    both = [
        samples.fit({"city": city.astype(object), "x": x}, ["city", "x"], random)
        for city, x in ((before, other[:800]), (now, other[800:]))
    ]

    found = classifier.separate(*both, {"city": "category", "x": "number"}, Drift())

    assert found is not None
    assert (found.severity, [name for name, _ in found.columns]) == ("alarm", ["city"])


def test_the_classifier_seldom_alarms_on_unchanged_rows() -> None:
    random = np.random.default_rng(0)
    found = [separated(*np.split(related(random, 300, 0.5, 4).round(1), [200])) for _ in range(30)]

    assert np.mean([one.severity != "none" for one in found]) <= 0.05
    assert np.mean([one.auc for one in found]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("reference", "current"), [(49, 100), (100, 49), (100, 0)])
def test_too_few_rows_are_not_classified(reference: int, current: int) -> None:
    rows = related(np.random.default_rng(0), 100, 0.5)

    assert classifier.separate(drawn(rows[:reference]), drawn(rows[:current]), kinds(rows), Drift()) is None
