"""Frames that tests compare."""

import numpy as np
import polars as pl

from slipway.spec import Drift

QUICK = Drift(classifier=False)


def table(seed: int, rows: int = 800) -> pl.DataFrame:
    """Two related numbers, an integer, a category, and a calibrated prediction with its truth."""
    random = np.random.default_rng(seed)
    a = random.normal(size=rows)
    p = 1 / (1 + np.exp(-2 * a))
    return pl.DataFrame(
        {
            "a": a,
            "b": 0.8 * a + 0.6 * random.normal(size=rows),
            "visits": random.poisson(3, rows),
            "city": random.choice(["Zürich", "O'Hare", "東京"], rows),
            "p": p,
            "y": np.where(random.random(rows) < p, "yes", "no"),
        }
    )
