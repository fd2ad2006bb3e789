"""What the prediction log holds: a row for each row predicted, and for each truth that came later."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.bundle.manifest import Manifest
from slipway.data.schema import TEXTUAL, Kind, Schema
from slipway.errors import ServingError
from slipway.serving.predicting.answers import decider

PREFIX = "slipway_"
"""Start of the names of the log's own columns; the others are the model's."""

Types = dict[str, str]
"""Column name to ``text``, ``time``, or the kind of the model's column."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Rows that one request had predicted.

    Attributes:
        id: The request's id.
        time: When it came, seconds since 1970.
        variant: The variant that answered.
        inputs: What the graph was given: column name to (n, 1).
        outputs: What it answered: (n, k) or (n,).
    """

    id: str
    time: float
    variant: str
    inputs: Inputs
    outputs: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What turned out to be true for a row.

    Attributes:
        id: Id of the request that had it predicted.
        row: Position of the row in it, from 0.
        time: When it was told, seconds since 1970.
        value: A class as text, or a number.
    """

    id: str
    row: int
    time: float
    value: str | float


def prediction_types(schema: Schema) -> Types:
    """The columns of the prediction log of a model.

    Raises:
        ServingError: A column of the model has a name of the log's own.
    """
    for name in schema.names:
        if name.startswith(PREFIX):
            message = f"column {name!r} starts with {PREFIX!r}, which the prediction log has for its own; rename it"
            raise ServingError(message)
    target = schema.target
    answers = {"value": "number"} if not target.classes else {"label": "text"}
    answers |= {f"probability_{name}": "number" for name in target.classes}
    own = {"id": "text", "row": "integer", "time": "time", "model": "text", "version": "text", "variant": "text"}
    return {**{PREFIX + name: of for name, of in (own | answers).items()}, **schema.kinds}


def truth_types(schema: Schema) -> Types:
    """The columns of the feedback of a model."""
    truth = "text" if schema.target.classes else "number"
    return {f"{PREFIX}id": "text", f"{PREFIX}row": "integer", f"{PREFIX}time": "time", f"{PREFIX}truth": truth}


def prediction_rows(record: Prediction, schema: Schema, manifest: Manifest) -> Iterator[dict[str, Any]]:
    """The rows of a prediction, values as JSON has them, times in microseconds since 1970.

    Args:
        record: The prediction.
        schema: The model's columns.
        manifest: The bundle's manifest.
    """
    own = [record.id, 0, round(record.time * 1e6), manifest.name, manifest.digest[:12], record.variant]
    inputs = [_plain(record.inputs[name][:, 0].tolist(), kind) for name, kind in schema.kinds.items()]
    names = list(prediction_types(schema))
    classes = schema.target.classes
    labels = [classes[place] for place in decider(schema.target, manifest)(record.outputs)] if classes else []
    for row, (outputs, *values) in enumerate(zip(record.outputs.tolist(), *inputs, strict=True)):
        own[1] = row
        answers = [labels[row], *outputs] if classes else [outputs]
        yield dict(zip(names, [*own, *answers, *values], strict=True))


def truth_row(record: Truth) -> dict[str, Any]:
    """The row of a truth."""
    values = {"id": record.id, "row": record.row, "time": round(record.time * 1e6), "truth": record.value}
    return {PREFIX + name: value for name, value in values.items()}


def _plain(values: list[Any], kind: Kind) -> list[Any]:
    if kind in TEXTUAL:
        return [value or None for value in values]
    if kind == "number":
        return values
    if kind == "date":
        return [None if value != value else round(value * 1e6) for value in values]
    of = bool if kind == "boolean" else int
    return [None if value != value else of(value) for value in values]
