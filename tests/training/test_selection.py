import numpy as np
import pytest

from slipway.data.schema import Target
from slipway.training import selection

TARGETS = {
    "binary": Target("y", "binary", "category", ("no", "yes")),
    "multiclass": Target("y", "multiclass", "category", ("a", "b", "c")),
    "regression": Target("y", "regression", "number"),
}


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("method", ["mutual_information", "importance", "elimination"])
def test_features_that_decide_are_kept(method: str, task: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 12)).astype(np.float32)
    signal = x[:, 3] + 2 * (x[:, 7] > 0)
    y = (
        signal.astype(np.float64)
        if task == "regression"
        else np.digitize(signal, [0.5, 1.5][: len(TARGETS[task].classes) - 1])
    )

    kept = selection.select(x, y, TARGETS[task], method, 2, seed=0)

    assert kept.tolist() == [3, 7]
    assert len(selection.select(x, y, TARGETS[task], method, None, seed=0)) == 6
    assert len(selection.select(x, y, TARGETS[task], method, 99, seed=0)) == 12
