"""Columns of a table that hold the truth and the predictions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Kind, Task
from slipway.data.target import class_text
from slipway.drift.answers import Answers
from slipway.errors import DataError, UnknownNameError

_MOST_CLASSES = 100
_MOST_CLASSES_OF_INTEGERS = 20


@dataclass(frozen=True, slots=True)
class Named:
    """Which columns hold what.

    Attributes:
        truth: The column of what really was; empty for none.
        prediction: The column of predictions: classes, numbers, or the probability of the positive class.
        time: The column that orders rows in time; empty for the order of the table.
        positive: The positive class of two; empty for the last one in sorting order.
        threshold: Probability from which a prediction is the positive class.
    """

    truth: str = ""
    prediction: str = ""
    time: str = ""
    positive: str = ""
    threshold: float = 0.5

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are named."""
        return tuple(name for name in (self.truth, self.prediction, self.time) if name)

    def arrived(self, known: Collection[str]) -> "Named":
        """The same without the truth where a table of predictions has not got it yet.

        Args:
            known: The table's columns.
        """
        return replace(self, truth="") if self.prediction and self.truth not in known else self

    def check(self, known: Mapping[str, object], where: str) -> None:
        """Looks for the columns in a table.

        Args:
            known: Its columns by name.
            where: What errors call it.

        Raises:
            DataError: One column is named as the truth and as the prediction.
            UnknownNameError: One is not there.
        """
        if self.truth and self.truth == self.prediction:
            message = f"column {self.truth!r} is named as the truth and as the prediction; name two columns"
            raise DataError(message)
        for name in self.columns:
            if name not in known:
                raise UnknownNameError(what="column", name=name, known=known, where=where)


def answers(frames: Sequence[pl.DataFrame], kinds: Mapping[str, Kind], named: Named) -> list[Answers]:
    """Predictions with the truth, in the order of time; rows without either are left out.

    Args:
        frames: Tables with the named columns; what the task and the classes are is told from all of them together.
        kinds: Kinds of the truth and of the prediction.
        named: Which columns hold what.

    Raises:
        DataError: It can't be told what is predicted.
        UnknownNameError: A prediction, or ``positive``, is no class of the truth.
    """
    kept = [_kept(frame, named) for frame in frames]
    truth, prediction = (pl.concat([frame[name] for frame in kept]) for name in (named.truth, named.prediction))
    classes = _classes(truth, kinds[named.truth], named)
    task = _task(classes, kinds, prediction, named)
    if task == "regression":
        return [_numbers(frame, named) for frame in kept]
    return [_classified(frame, kinds, classes, task, named) for frame in kept]


def probabilities(said: pl.Series) -> NDArray[np.float64]:
    """Predictions as probabilities of both classes.

    Args:
        said: The probability of the positive class, without a missing one, n rows.

    Returns:
        Shape (n, 2).

    Raises:
        DataError: A number is no probability.
    """
    p = said.cast(pl.Float64).to_numpy()
    if len(p) and not (p.min() >= 0 and p.max() <= 1):
        message = f"column {said.name!r} is no probability: it holds numbers from {p.min():g} to {p.max():g}"
        raise DataError(message)
    return np.column_stack([1 - p, p])


def kinds_of(found: Mapping[str, Kind | None], named: Named) -> dict[str, Kind]:
    """The kinds of a table's columns.

    Args:
        found: Name to kind of its columns; None for one without any value.
        named: Which columns hold what.

    Raises:
        DataError: One of these has no value.
    """
    empty = [name for name in named.columns if found[name] is None]
    if empty:
        message = f"column {empty[0]!r} has no value, so it can't say how a model performs"
        raise DataError(message)
    return {name: kind for name, kind in found.items() if kind is not None}


def _kept(frame: pl.DataFrame, named: Named) -> pl.DataFrame:
    known = frame.drop_nulls([named.truth, named.prediction])
    return known.sort(named.time, maintain_order=True) if named.time else known


def _classes(truth: pl.Series, kind: Kind, named: Named) -> list[str]:
    distinct = truth.unique().to_list()
    if len(distinct) > _MOST_CLASSES or kind == "date":
        return []
    numeric = kind in ("integer", "number")
    ordered = [class_text(value, kind) for value in sorted(distinct, key=float if numeric else str)]
    if named.positive and named.positive not in ordered:
        raise UnknownNameError(what="class", name=named.positive, known=ordered, where=f"column {named.truth!r}")
    return sorted(ordered, key=lambda label: label == named.positive) if named.positive else ordered


def _task(classes: list[str], kinds: Mapping[str, Kind], prediction: pl.Series, named: Named) -> Task:
    truth, said = kinds[named.truth], kinds[named.prediction]
    numbers = {"integer", "number"}
    if len(classes) == 2:
        return "binary"
    integers = truth == said == "integer" and len(classes) <= _MOST_CLASSES_OF_INTEGERS
    if len(classes) > 2 and (integers or {truth, said} == {"category"}):
        return "multiclass"
    if {truth, said} <= numbers and len(prediction):
        return "regression"
    message = (
        f"column {named.truth!r} ({truth}, {len(classes) or 'many'} classes) can't be the truth of the predictions in "
        f"column {named.prediction!r} ({said}): name classes and classes, numbers and numbers, or two classes and the "
        "probability of the positive one"
    )
    raise DataError(message)


def _numbers(frame: pl.DataFrame, named: Named) -> Answers:
    truth, said = (frame[name].cast(pl.Float64).to_numpy() for name in (named.truth, named.prediction))
    return Answers("regression", truth, said)


def _classified(
    frame: pl.DataFrame, kinds: Mapping[str, Kind], classes: list[str], task: Task, named: Named
) -> Answers:
    place = {label: at for at, label in enumerate(classes)}
    y = np.array([place[class_text(value, kinds[named.truth])] for value in frame[named.truth]], dtype=np.int64)
    said, kind = frame[named.prediction], kinds[named.prediction]
    texts = [class_text(value, kind) for value in said]
    if task == "binary" and kind in ("number", "integer") and not set(texts) <= place.keys():
        return Answers(task, y, probabilities(said), threshold=named.threshold)
    unknown = next((text for text in texts if text not in place), None)
    if unknown is not None:
        raise UnknownNameError(what="class", name=unknown, known=classes, where=f"column {named.truth!r}")
    outputs = np.eye(len(classes))[[place[text] for text in texts]] if texts else np.zeros((0, len(classes)))
    return Answers(task, y, outputs, probabilities=False)
