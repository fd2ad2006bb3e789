"""What predictions rest on: over all rows, column by column, and for single rows in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Schema, Target
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.shapley import Contributions, explain
from slipway.evaluation.wording import MINUS, listing, number, plain, short, signed

ROWS, BACKGROUND = 200, 20
"""Most rows that are explained, and most that stand for "not known"."""

_PREDICTIONS = 300_000
_CELLS = 30_000_000
"""Most predictions, and most raw values in them, that an explanation may take."""

_NAMED = 3
"""Columns that the words for a row name in each direction."""


@dataclass(frozen=True, slots=True)
class Importance:
    """What a column does to predictions.

    Attributes:
        column: Its name.
        mean: Mean size of what it adds or takes, in units of the prediction; over classes the sum of the halves.
        values: Its values in the explained rows as a graph takes them, shape (n,).
        added: What it added in each of them to the class that is drawn, or to the number; shape (n,).
    """

    column: str
    mean: float
    values: NDArray[Any]
    added: Floats


@dataclass(frozen=True, slots=True)
class Explanations:
    """What was found.

    Attributes:
        base: The mean prediction that contributions start from, of the class that is drawn.
        of: What is added to, in words.
        columns: Every column, the one that matters most first.
        rows: Why each row is shown, and what its prediction comes from, in words.
        explained: Rows that were explained.
        background: Rows that stood for "not known".
    """

    base: float
    of: str
    columns: tuple[Importance, ...]
    rows: tuple[tuple[str, str], ...]
    explained: int
    background: int


def explanations(
    predict: Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]],
    inputs: Mapping[str, NDArray[Any]],
    y: Floats | Ints,
    outputs: Floats,
    schema: Schema,
    *,
    threshold: float = 0.5,
    seed: int = 0,
) -> Explanations:
    """Explains some of the test rows by what the whole graph makes of their raw columns.

    Args:
        predict: The graph.
        inputs: The test rows as the graph takes them: column name to values, shape (n, 1).
        y: Class indices or target, shape (n,).
        outputs: The graph's answers for them.
        schema: The raw columns.
        threshold: Probability from which a binary prediction is the positive class.
        seed: Seed of the choice of rows.
    """
    rows, known = _sizes(len(inputs), len(y))
    shown = _shown(y, outputs, schema.target, threshold)
    random = np.random.default_rng(seed)
    rest = random.permutation(np.setdiff1d(np.arange(len(y)), [at for _, at in shown]))
    chosen = np.concatenate([[at for _, at in shown], rest])[: max(rows, len(shown))].astype(np.int64)
    background = random.permutation(len(y))[:known]
    found = explain(predict, _take(inputs, chosen), _take(inputs, background), seed=seed)
    drawn = 0 if schema.target.task == "regression" else 1
    if schema.target.task == "multiclass":
        drawn = int(np.bincount(y, minlength=len(schema.target.classes)).argmax())
    return Explanations(
        float(found.base[drawn]),
        "the prediction" if schema.target.task == "regression" else _probability(schema.target, drawn),
        _importances(found, inputs, chosen, drawn),
        tuple((why, _words(found, place, inputs, at, schema)) for place, (why, at) in enumerate(shown)),
        len(chosen),
        len(background),
    )


def _sizes(columns: int, rows: int) -> tuple[int, int]:
    budget = min(_PREDICTIONS, _CELLS // columns) // (2 * columns)
    known = max(2, min(BACKGROUND, budget // 10, rows))
    return max(1, min(ROWS, budget // known, rows)), known


def _take(inputs: Mapping[str, NDArray[Any]], rows: Ints) -> dict[str, NDArray[Any]]:
    return {name: values[rows] for name, values in inputs.items()}


def _shown(y: Floats | Ints, outputs: Floats, target: Target, threshold: float) -> list[tuple[str, int]]:
    """Rows worth a look, and why."""
    if target.task == "regression":
        errors = np.abs(y - outputs)
        picked = [
            ("The largest prediction", int(outputs.argmax())),
            ("The smallest prediction", int(outputs.argmin())),
            ("The largest error", int(errors.argmax())),
        ]
    elif target.task == "binary":
        scores, name = outputs[:, 1], short(target.classes[1])
        missed = np.abs(scores - y)
        picked = [
            (f"The surest {name}", int(scores.argmax())),
            (f"The least likely {name}", int(scores.argmin())),
            ("The closest call", int(np.abs(scores - threshold).argmin())),
            ("The surest mistake", int(missed.argmax())),
        ]
    else:
        given = outputs[np.arange(len(y)), y]
        picked = [
            ("The surest answer", int(outputs.max(axis=1).argmax())),
            ("The closest call", int(outputs.max(axis=1).argmin())),
            ("The surest mistake", int(given.argmin())),
        ]
    return list({at: (why, at) for why, at in reversed(picked)}.values())[::-1]


def _importances(
    found: Contributions, inputs: Mapping[str, NDArray[Any]], rows: Ints, drawn: int
) -> tuple[Importance, ...]:
    sizes = np.abs(found.values).mean(axis=0)
    means = sizes.sum(axis=1) / 2 if sizes.shape[1] > 1 else sizes[:, 0]
    order = np.argsort(-means, kind="stable")
    return tuple(
        Importance(name, float(means[at]), inputs[name][rows].ravel(), found.values[:, at, drawn])
        for at, name in ((at, found.columns[at]) for at in order)
    )


def _words(found: Contributions, place: int, inputs: Mapping[str, NDArray[Any]], row: int, schema: Schema) -> str:
    target = schema.target
    answer = found.base + found.values[place].sum(axis=0)
    drawn = 0 if target.task == "regression" else 1 if target.task == "binary" else int(answer.argmax())
    what = "the prediction" if target.task == "regression" else _probability(target, drawn)
    added = found.values[place, :, drawn]
    order = np.argsort(-np.abs(added), kind="stable")
    smallest = 0.005 * max(float(np.abs(added).max()), 1e-12)
    parts = [
        f"{sense} {what}: {listing([_column(found.columns[at], inputs, row, schema, added[at]) for at in some])}"
        for sense, some in (
            ("What raises", [at for at in order if added[at] > smallest][:_NAMED]),
            ("What lowers", [at for at in order if added[at] < -smallest][:_NAMED]),
        )
        if some
    ]
    usual = number(float(found.base[drawn]))
    return (
        ". ".join([f"{what[:1].upper()}{what[1:]} is {number(float(answer[drawn]))}, where {usual} is usual", *parts])
        + "."
    )


def _column(name: str, inputs: Mapping[str, NDArray[Any]], row: int, schema: Schema, added: float) -> str:
    return f"{short(name, 40)} {_said(inputs[name].ravel()[row], schema.kinds[name])} ({signed(float(added))})"


def _said(value: Any, kind: str) -> str:
    if isinstance(value, str):
        return f"is {short(value, 40)!r}" if value else "is missing"
    if np.isnan(value):
        return "is missing"
    if kind == "boolean":
        return "is true" if value else "is false"
    if kind == "date":
        return f"is {datetime.fromtimestamp(float(value), UTC):%Y-%m-%d}"
    return f"is {plain(float(f'{value:.4g}')).replace('-', MINUS)}"


def _probability(target: Target, place: int) -> str:
    return f"the probability of {short(target.classes[place], 40)}"
