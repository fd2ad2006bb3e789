"""Which rows a model was not trained on, told later from the rows alone.

``split`` holds out the rows with the smallest hashes of each class, or the entities with the smallest ones. A model
that remembers what was hashed, and how far it went, can be asked about any row, also in a table that has been split
otherwise since.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import rowhash


@dataclass(frozen=True, slots=True)
class Heldout:
    """What was held out.

    Attributes:
        columns: Columns that were hashed, with their types.
        seed: Seed of the hash.
        largest: Class to the largest hash that was held out; the empty text stands for the rows of every class. Empty
            when rows were split by time.
    """

    columns: dict[str, str]
    seed: int
    largest: dict[str, int]

    def includes(self, frame: pl.DataFrame, classes: Sequence[str]) -> NDArray[np.bool_] | None:
        """Whether a model can't have been trained on each row.

        Args:
            frame: Rows.
            classes: Their class, or empty texts; of the same length.

        Returns:
            Shape (n,); None when it can't be told, because a column is not there any more, or has another type.
        """
        if not self.largest:
            return np.ones(len(frame), dtype=np.bool_)
        if not self.columns.items() <= _types(frame).items():
            return None
        keys = rowhash.hashes(frame.select(self.columns.keys()), self.seed)
        any_class = self.largest.get("", 0)
        limits = np.array([self.largest.get(name, any_class) for name in classes], dtype=np.uint64)
        return np.asarray(keys <= limits)

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Heldout":
        """Reads what ``to_json`` wrote."""
        raw = json.loads(text)
        return cls(raw["columns"], raw["seed"], raw["largest"])


def of(frame: pl.DataFrame, classes: Sequence[str], seed: int) -> Heldout:
    """What was held out.

    Args:
        frame: The rows that were held out.
        classes: Their class, or empty texts; of the same length.
        seed: Seed of the hash.
    """
    keys = rowhash.hashes(frame, seed)
    names = np.array(classes)
    largest = {str(name): int(keys[names == name].max()) for name in np.unique(names)}
    return Heldout(_types(frame), seed, largest)


def _types(frame: pl.DataFrame) -> dict[str, str]:
    return {name: str(kind) for name, kind in frame.schema.items()}
