"""How much a model relies on each raw column."""

import numpy as np

from slipway.bundle.engine import Engine
from slipway.steps.challenger import Challenger

ROWS = 1000
"""Test rows that are asked about at most."""

CELLS = 1 << 28
"""Values of raw columns that are predicted in all, unless that leaves fewer than ``FEWEST`` rows."""

FEWEST = 50


def importances(challenger: Challenger, seed: int = 0) -> dict[str, float]:
    """The mean size of the change of the answers when a column's values trade places among the test rows.

    It needs no truth, so it says what the model relies on, not what that is worth (L. Breiman, "Random Forests",
    Machine Learning 45, 2001, with the answers themselves in the place of the loss).

    Args:
        challenger: The graph, with the test rows as it takes them.
        seed: Seed of the choice of rows and of the trades.

    Returns:
        Name of each raw column to a number of at least 0.
    """
    random, engine = np.random.default_rng(seed), Engine(challenger.graph)
    most = min(ROWS, max(FEWEST, CELLS // len(challenger.inputs) ** 2))
    chosen = random.permutation(len(challenger.outputs))[:most]
    rows = {name: values[chosen] for name, values in challenger.inputs.items()}
    answers, order = challenger.outputs[chosen], random.permutation(len(chosen))
    return {
        name: float(np.abs(engine.predict({**rows, name: values[order]}) - answers).mean())
        for name, values in rows.items()
    }
