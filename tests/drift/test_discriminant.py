from typing import Any

import numpy as np
import pytest
from scipy import stats

from slipway.data.schema import Kind
from slipway.drift import discriminant
from slipway.drift.encoding import encoded, ranks
from slipway.drift.sample import Sample


def sample(**columns: Any) -> Sample:
    rows = len(next(iter(columns.values())))
    return Sample(rows, np.arange(rows) / rows, {name: np.asarray(values) for name, values in columns.items()})


def test_ranks_equal_scipys() -> None:
    values = np.random.default_rng(0).integers(0, 9, 200)

    found, counts = ranks(values)

    np.testing.assert_array_equal(found, stats.rankdata(values))
    assert counts.tolist() == np.unique(values, return_counts=True)[1].tolist()


def test_features_are_standardized_and_know_their_column() -> None:
    random = np.random.default_rng(0)
    rows = [
        sample(
            x=np.where(random.random(300) < 0.1, np.nan, random.normal(size=300)),
            constant=np.ones(300),
            city=random.choice(["a", "b", ""], 300).astype(object),
        )
        for _ in range(2)
    ]
    kinds: dict[str, Kind] = {"x": "number", "constant": "number", "city": "category"}

    found = encoded(*rows, kinds, ["x", "constant", "city"])

    assert found.scores == 1
    assert found.owners.tolist() == [0, 0, 0, 2, 2, 2]
    np.testing.assert_allclose(found.features.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found.features.std(axis=0), 1)


@pytest.mark.parametrize(("together", "columns"), [((0,), 3), ((1, 4), 6), ((4, 4), 6), ((0, 2, 5), 20)])
def test_the_product_that_differs_is_found_among_all(together: tuple[int, ...], columns: int) -> None:
    random = np.random.default_rng(0)
    y = np.repeat([0, 1], 1000)
    x = random.normal(size=(2000, columns))
    drawn = np.abs(x[:, together].prod(axis=1)) + random.normal(size=2000) > 0.4
    sign = np.where(y == 1, np.where(drawn, 1, -1), random.choice([-1, 1], 2000))
    if len(set(together)) == len(together):
        x[:, together[0]] *= sign * np.sign(x[:, together].prod(axis=1))
    else:
        x[y == 1, together[0]] *= 2

    model = discriminant.fit(x, y, columns)

    assert model.terms[int(np.argmax(np.abs(model.weights)))] == together
    scores = model.score(x)
    assert stats.mannwhitneyu(scores[y == 1], scores[y == 0]).pvalue < 1e-6


def test_nothing_that_differs_gives_few_products() -> None:
    random = np.random.default_rng(0)
    found = [
        len(discriminant.fit(random.normal(size=(1000, 10)), np.repeat([0, 1], 500), 10).terms) - 10 for _ in range(20)
    ]

    assert np.mean(found) < 6
