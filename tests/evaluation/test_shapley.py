"""Contributions of columns: they sum up, and agree with another implementation and with the definition."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.evaluation.shapley import Table, explain


def table(random: np.random.Generator, rows: int, columns: int) -> dict[str, np.ndarray]:
    return {f"x{at}": random.normal(size=(rows, 1)) for at in range(columns)}


def matrix(rows: Table) -> np.ndarray:
    return np.column_stack([values.ravel() for values in rows.values()]).astype(float)


def pairwise(x: np.ndarray) -> np.ndarray:
    return 2 * x[:, 0] - x[:, 1] * x[:, 2] + np.abs(x[:, 3]) + x[:, 0] * x[:, 3]


def tangled(x: np.ndarray) -> np.ndarray:
    p = 1 / (1 + np.exp(-x[:, 0] * x[:, 1] * x[:, 2] - x[:, 0]))
    return np.column_stack([1 - p, p])


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # shap's own
def test_agrees_with_the_exact_explainer_where_two_columns_interact() -> None:
    import shap  # here, for it takes seconds

    random = np.random.default_rng(0)
    rows, background = table(random, 5, 4), table(random, 12, 4)
    ours = explain(lambda given: pairwise(matrix(given)), rows, background)
    theirs = shap.explainers.Exact(pairwise, shap.maskers.Independent(matrix(background)))(matrix(rows))
    assert ours.values[:, :, 0] == pytest.approx(theirs.values, abs=1e-9)
    assert ours.base[0] == pytest.approx(theirs.base_values[0])


def test_comes_close_to_the_definition_where_three_columns_interact() -> None:
    random = np.random.default_rng(1)
    rows, background = table(random, 3, 3), table(random, 8, 3)
    ours = explain(lambda given: tangled(matrix(given)), rows, background, permutations=300)
    x, known = matrix(rows), matrix(background)
    for place, row in enumerate(x):
        expected = np.zeros((3, 2))
        for order in permutations(range(3)):
            mixed = known.copy()
            before = tangled(mixed).mean(axis=0)
            for column in order:
                mixed[:, column] = row[column]
                after = tangled(mixed).mean(axis=0)
                expected[column] += (after - before) / 6
                before = after
        assert ours.values[place] == pytest.approx(expected, abs=0.004)


@given(seed=st.integers(0, 2**20), columns=st.integers(1, 6), known=st.integers(1, 5), passes=st.integers(1, 3))
def test_contributions_sum_to_prediction_minus_base(seed: int, columns: int, known: int, passes: int) -> None:
    random = np.random.default_rng(seed)
    rows, background = table(random, 3, columns), table(random, known, columns)

    def predict(given: Table) -> Any:
        x = matrix(given)
        return np.column_stack([np.prod(np.tanh(x) + 2, axis=1), x.max(axis=1)]).astype(np.float32)

    found = explain(predict, rows, background, permutations=passes, seed=seed)
    expected = predict(rows).astype(float) - found.base
    assert found.values.sum(axis=1) == pytest.approx(expected, abs=1e-9)
    assert found.base == pytest.approx(predict(background).astype(float).mean(axis=0))


def test_a_column_that_is_not_looked_at_gets_nothing_and_text_is_a_value() -> None:
    def predict(given: Table) -> Any:
        return (given["plan"].ravel() == "gold") * 3.0 + np.nan_to_num(given["age"].ravel()) / 10

    rows = {
        "plan": np.array([["gold"], ["tin"]], object),
        "age": np.array([[20.0], [np.nan]]),
        "noise": np.array([[7.0], [8.0]]),
    }
    background = {
        "plan": np.array([["tin"], ["tin"]], object),
        "age": np.array([[10.0], [30.0]]),
        "noise": np.array([[1.0], [2.0]]),
    }
    found = explain(predict, rows, background)
    assert found.columns == ("plan", "age", "noise")
    assert found.base == pytest.approx([2.0])
    assert found.values[:, :, 0] == pytest.approx(np.array([[3.0, 0.0, 0.0], [0.0, -2.0, 0.0]]))


def test_many_evaluations_are_predicted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    rows, background = table(random, 2, 4), table(random, 6, 4)
    sizes: list[int] = []

    def predict(given: Table) -> Any:
        sizes.append(len(matrix(given)))
        return tangled(matrix(given))

    whole = explain(predict, rows, background, seed=4)
    monkeypatch.setattr("slipway.evaluation.shapley._CELLS", 20)
    sizes.clear()
    parts = explain(predict, rows, background, seed=4)
    assert max(sizes) <= 6
    assert (parts.values == whole.values).all()
