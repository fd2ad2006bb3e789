from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation import metrics, threshold
from slipway.evaluation.decision import Cheapest, decide, rule

YESNO = Target("y", "binary", "category", ("no", "yes"))
THREE = Target("y", "multiclass", "category", ("a", "b", "c"))
COSTS = {"no": {"yes": 1.0}, "yes": {"no": 9.0}}


def drawn(rows: int = 3000, distort: float = 1.0) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    true = rng.beta(1, 3, rows)
    y = (rng.random(rows) < true).astype(np.int64)
    return y, np.column_stack([1 - true**distort, true**distort])


def chosen(aim: Any, y: Any, outputs: Any, weight: Any = None, costs: Any = None) -> float:
    return threshold.choose(aim, y, outputs, weight, costs or {}, YESNO)


@pytest.mark.parametrize("aim", ["f1", "balanced_accuracy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_no_other_threshold_is_better(aim: str, weighted: bool) -> None:
    y, outputs = drawn(200)
    weight = np.arange(200.0) if weighted else None
    found = metrics.score(aim, y, outputs, chosen(aim, y, outputs, weight), weight)
    others = [metrics.score(aim, y, outputs, at, weight) for at in np.linspace(0.001, 0.999, 2000)]
    assert found >= max(others) - 1e-12


def test_a_number_is_kept_and_a_half_is_the_default() -> None:
    y, outputs = drawn(50)
    assert chosen(0.3, y, outputs) == 0.3
    assert chosen("auto", y, outputs) == 0.5


def test_costs_and_right_probabilities_give_the_threshold_of_theory() -> None:
    y, outputs = drawn()
    assert chosen("auto", y, outputs, costs=COSTS) == pytest.approx(0.1)


def test_costs_and_wrong_probabilities_give_the_cheapest_on_the_rows() -> None:
    y, outputs = drawn(distort=3.0)
    found = chosen("auto", y, outputs, costs=COSTS)
    assert found < 0.03  # 0.1 ** 3 is 0.001

    def cost(at: float) -> float:
        decided = outputs[:, 1] >= at
        return float((decided & (y == 0)).sum() + 9 * (~decided & (y == 1)).sum())

    assert cost(found) == min(cost(at) for at in np.unique(outputs[:, 1]))


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ({"maybe": {"yes": 1}}, "the class 'maybe', which 'y' does not have; classes: no, yes"),
        ({"no": {"yes": 1}}, "a wrong decision about a positive row no dearer"),
        ({"yes": {"no": 1}}, "a wrong decision about a negative row no dearer"),
    ],
)
def test_costs_that_do_not_fit_are_told(costs: Any, said: str) -> None:
    y, outputs = drawn(50)
    with pytest.raises(DataError, match=said):
        chosen("auto", y, outputs, costs=costs)


def test_of_three_classes_the_cheapest_is_decided() -> None:
    costs = {"a": {"b": 1.0, "c": 1.0}, "b": {"a": 1.0, "c": 1.0}, "c": {"a": 20.0, "b": 20.0}}
    outputs = np.array([[0.7, 0.2, 0.1], [0.99, 0.005, 0.005], [0.2, 0.79, 0.01]])
    ruled = rule(0.5, costs, THREE)
    assert isinstance(ruled, Cheapest)
    assert decide(outputs, ruled).tolist() == [2, 0, 1]
    assert decide(outputs, rule(0.5, {}, THREE)).tolist() == [0, 0, 1]
    assert metrics.score("accuracy", np.array([2, 0, 1]), outputs, ruled) == 1.0
    with pytest.raises(DataError, match="threshold 'f1' is for two classes"):
        threshold.choose("f1", np.array([0]), outputs[:1], None, {}, THREE)


def test_what_is_served_decides_by_the_same_rule() -> None:
    from types import SimpleNamespace

    from slipway.serving.predicting.answers import encoder

    costs = {"c": {"a": 20.0, "b": 20.0}, "a": {"c": 1.0}, "b": {"c": 1.0}}
    outputs = np.array([[0.7, 0.2, 0.1], [0.99, 0.005, 0.005]])
    manifest: Any = SimpleNamespace(threshold=0.5, spec={"costs": costs})
    labels = [answer["label"] for answer in encoder(THREE, manifest)(outputs)]
    assert labels == [THREE.classes[place] for place in decide(outputs, rule(0.5, costs, THREE))] == ["c", "a"]
