"""Shapley values of any model over raw columns. Needs numpy only, so that a server can explain as well."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Table = Mapping[str, NDArray[Any]]
"""Column name to an array whose first axis is the rows: what the graph of a bundle takes."""

_CELLS = 2_000_000
"""Values of raw columns that are predicted in one call."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """How predictions come about.

    Attributes:
        columns: Names of the columns.
        base: Mean prediction for the background rows, shape (k,); k is 1 for a regression.
        values: What each column adds to or takes from the base, shape (n, columns, k). For a row they sum to its
            prediction minus the base.
    """

    columns: tuple[str, ...]
    base: NDArray[np.float64]
    values: NDArray[np.float64]


def explain(
    predict: Callable[[Table], NDArray[Any]], rows: Table, background: Table, *, permutations: int = 1, seed: int = 0
) -> Contributions:
    """Shapley values by antithetic sampling of permutations.

    A row takes the place of a background row one column at a time, in a random order and then in its reverse; a column
    gets the mean change of the prediction when it is its turn (Štrumbelj and Kononenko, Knowledge and Information
    Systems 41, 2014; the reverse orders: Mitchell et al., JMLR 23, 2022). Each background row has orders of its own.
    The values are exact for models in which at most two columns interact at a time.

    Args:
        predict: From n rows to predictions, shape (n,) or (n, k).
        rows: The rows to explain; at least one.
        background: Rows that stand for "not known", with the same columns; at least one.
        permutations: Pairs of orders for each background row. A row takes about 2 * permutations * background rows *
            columns predictions.
        seed: Seed of the orders.
    """
    names, known = tuple(background), len(next(iter(background.values())))
    random = np.random.default_rng(seed)
    ends, start = _matrix(predict(rows)), _matrix(predict(background))
    values = np.zeros((len(ends), len(names), ends.shape[1]))
    for place, end in enumerate(ends):
        pool = {name: np.concatenate([rows[name][place : place + 1], background[name]]) for name in names}
        for _ in range(permutations):
            order = random.permuted(np.tile(np.arange(len(names)), (known, 1)), axis=1)
            for turns in (order, order[:, ::-1]):
                values[place] += _changes(predict, pool, turns, start, end)
    return Contributions(names, start.mean(axis=0), values / (2 * permutations * known))


def _changes(
    predict: Callable[[Table], NDArray[Any]],
    pool: Table,
    turns: NDArray[np.int64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Change of the prediction at each column's turn, summed over the background rows."""
    known, columns = turns.shape
    rank = np.argsort(turns, axis=1)
    steps = np.empty((known, columns + 1, len(end)))
    steps[:, 0], steps[:, -1] = start, end
    total, size = known * (columns - 1), max(1, _CELLS // columns)
    for first in range(0, total, size):
        row, step = np.divmod(np.arange(first, min(first + size, total)), columns - 1)
        step += 1
        places = np.where(rank[row] < step[:, None], 0, row[:, None] + 1)
        steps[row, step] = _matrix(predict({name: pool[name][places[:, at]] for at, name in enumerate(pool)}))
    changes = np.zeros((columns, len(end)))
    np.add.at(changes, turns, np.diff(steps, axis=1))
    return changes


def _matrix(outputs: NDArray[Any]) -> NDArray[np.float64]:
    return outputs.reshape(len(outputs), -1).astype(np.float64)
