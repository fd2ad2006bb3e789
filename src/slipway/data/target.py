"""What is predicted: the task, the classes, and the target as numbers."""

from collections import Counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Kind, Target, Task
from slipway.data.summary import Summary
from slipway.errors import DataError, UnknownNameError
from slipway.spec import Spec

MIN_CLASS_ROWS = 5
"""Fewest rows of a class: each split needs some of them."""

_MOST_CLASSES_GUESSED = 20
_MOST_CLASSES = 100
_LARGEST = 1e100


def resolve(spec: Spec, summary: Summary) -> Target:
    """The target of a spec, after a look at its values.

    Args:
        spec: The spec: target, task, positive.
        summary: The target column over the rows that are kept.

    Raises:
        DataError: The target is constant, of a kind that can't be predicted, or a class has too few rows.
    """
    name, kind = spec.target, summary.kind
    if kind == "date":
        message = f"target {name!r} is a date, which can't be predicted; derive a number or a class from it"
        raise DataError(message)
    if len(summary.counts) < 2:
        held = next(iter(summary.counts), None)
        message = f"target {name!r} is constant: every row has {held!r}; there is nothing to learn"
        raise DataError(message)
    task = _task(spec, summary)
    if task == "regression":
        _check_size(name, summary)
        return Target(name, task, kind)
    counts = Counter({class_text(value, kind): count for value, count in summary.counts.items()})
    _check_classes(name, counts)
    ordered = sorted(counts, key=float if kind in ("integer", "number") else str)
    return Target(name, task, kind, tuple(_positive_last(ordered, spec.positive, task)))


def encode(values: pl.Series, target: Target) -> NDArray[np.int64] | NDArray[np.float64]:
    """The target as numbers.

    Args:
        values: The target column, without nulls.
        target: The target.

    Returns:
        Class indices, int64, or values, float64; shape (n,).

    Raises:
        UnknownNameError: A class is not among the target's.
    """
    if target.task == "regression":
        return values.cast(pl.Float64).to_numpy()
    index = {name: place for place, name in enumerate(target.classes)}
    levels = values.unique().to_list()
    for level in levels:
        if class_text(level, target.kind) not in index:
            raise UnknownNameError(
                what="class", name=class_text(level, target.kind), known=index, where=f"target {target.name!r}"
            )
    places = [index[class_text(level, target.kind)] for level in levels]
    return values.replace_strict(levels, places, return_dtype=pl.Int64).to_numpy()


def class_text(value: object, kind: Kind) -> str:
    """A class as text, the way ``Target.classes`` has it."""
    if kind == "boolean":
        return "true" if value else "false"
    return str(value).removesuffix(".0")


def _task(spec: Spec, summary: Summary) -> Task:
    distinct, kind, name = len(summary.counts), summary.kind, spec.target
    if spec.task == "auto":
        return _guess(summary)
    if spec.task == "regression" and kind in ("category", "boolean"):
        message = f"target {name!r} holds {kind} values, so it can't be a regression; set task: auto"
        raise DataError(message)
    if spec.task == "binary" and distinct != 2:
        message = f"target {name!r} has {distinct:,} distinct values, so it is not binary; set task: auto"
        raise DataError(message)
    if spec.task == "multiclass" and distinct == 2:
        message = f"target {name!r} has two classes; set task: binary or task: auto"
        raise DataError(message)
    return spec.task


def _guess(summary: Summary) -> Task:
    distinct = len(summary.counts)
    if distinct == 2:
        return "binary"
    few = distinct <= _MOST_CLASSES_GUESSED
    return "multiclass" if summary.kind == "category" or (summary.kind == "integer" and few) else "regression"


def _check_size(name: str, summary: Summary) -> None:
    largest = max(abs(summary.minimum or 0.0), abs(summary.maximum or 0.0))
    if largest > _LARGEST:
        message = (
            f"target {name!r} holds {largest:g}; numbers beyond {_LARGEST:g} can't be predicted: rescale the column"
        )
        raise DataError(message)


def _check_classes(name: str, counts: Counter[str]) -> None:
    if len(counts) > _MOST_CLASSES:
        message = (
            f"target {name!r} has {len(counts):,} distinct values, more than the {_MOST_CLASSES} classes that are "
            "sensible; is it the right column? Numbers can be predicted with task: regression"
        )
        raise DataError(message)
    rare = [(count, level) for level, count in counts.items() if count < MIN_CLASS_ROWS]
    if rare:
        count, level = min(rare)
        rows = f"{count} row{'s' if count > 1 else ''}"
        message = (
            f"class {level!r} of target {name!r} has {rows}; at least {MIN_CLASS_ROWS} are needed so that it is "
            "trained on, compared on and tested on: gather more of them, merge the class with another, "
            "or remove its rows"
        )
        raise DataError(message)


def _positive_last(classes: list[str], positive: str, task: Task) -> list[str]:
    if task != "binary" or not positive:
        return classes
    if positive not in classes:
        raise UnknownNameError(what="class", name=positive, known=classes, where="the target (field 'positive')")
    return [name for name in classes if name != positive] + [positive]
