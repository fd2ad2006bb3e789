"""Rows with the predictions that are expected for them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import TEXTUAL, Kind, Schema

TOLERANCE = 1e-6
"""Largest difference that is allowed, relative to the size of the prediction where that is above 1."""

_YEAR_1 = -62_135_596_800.0
_YEAR_10000 = 253_402_300_800.0


@dataclass(frozen=True, slots=True)
class Golden:
    """Golden rows.

    Attributes:
        inputs: Column name to an array of shape (n, 1), as ``Engine.predict`` takes it.
        outputs: Expected predictions, (n, k) or (n,).
    """

    inputs: dict[str, NDArray[Any]]
    outputs: NDArray[np.float64]

    def differences(self, outputs: NDArray[np.float64]) -> float:
        """Largest difference of outputs from the expected ones, relative where they are above 1.

        Raises:
            ValueError: There is no row, or the outputs have another shape.
        """
        if not len(self.outputs) or outputs.shape != self.outputs.shape:
            message = f"outputs of shape {outputs.shape} are held against golden ones of shape {self.outputs.shape}"
            raise ValueError(message)
        return float(np.max(np.abs(outputs - self.outputs) / np.maximum(1.0, np.abs(self.outputs))))

    def rows(self, schema: Schema) -> list[dict[str, Any]]:
        """The rows as JSON values, the way a request holds them."""
        count = len(self.outputs)
        return [
            {column.name: _json(self.inputs[column.name][place, 0], column.kind) for column in schema.columns}
            for place in range(count)
        ]

    def to_json(self) -> str:
        """The golden rows as JSON; null stands for a missing value."""
        columns = {name: [_plain(value) for value in values[:, 0]] for name, values in self.inputs.items()}
        return json.dumps({"inputs": columns, "outputs": self.outputs.tolist()}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes, schema: Schema) -> "Golden":
        """Reads what ``to_json`` wrote.

        Raises:
            ValueError, KeyError, TypeError: The text holds no golden rows for the schema.
        """
        raw = json.loads(text)
        inputs = {column.name: _array(raw["inputs"][column.name], column.kind) for column in schema.columns}
        return cls(inputs, np.asarray(raw["outputs"], dtype=np.float64))


def select(inputs: Mapping[str, NDArray[Any]], outputs: NDArray[np.float64], count: int = 20) -> Golden:
    """Rows that are spread evenly over the predictions.

    Args:
        inputs: Inputs of many rows.
        outputs: Their predictions.
        count: Rows to take, at most.
    """
    order = np.argsort(outputs if outputs.ndim == 1 else outputs[:, -1], kind="stable")
    places = np.unique(order[np.linspace(0, len(order) - 1, min(count, len(order))).astype(int)])
    return Golden({name: values[places] for name, values in inputs.items()}, outputs[places])


def _plain(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    return None if np.isnan(value) else float(value)


def _array(values: list[Any], kind: Kind) -> NDArray[Any]:
    if kind in TEXTUAL:
        return np.array(values, dtype=object).reshape(-1, 1)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64).reshape(-1, 1)


def _date(seconds: float) -> datetime:
    """A date; the last one there is where a float64 rounds the last microseconds of the year 9999 up."""
    if seconds >= _YEAR_10000:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.fromtimestamp(max(seconds, _YEAR_1), UTC)


def _json(value: Any, kind: Kind) -> Any:
    if kind in TEXTUAL:
        return value or None
    if np.isnan(value):
        return None
    if kind == "date":
        return _date(float(value)).isoformat().replace("+00:00", "Z")
    if kind == "boolean":
        return bool(value)
    return int(value) if kind == "integer" else float(value)
