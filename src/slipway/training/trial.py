"""One trial: a candidate with one setting, scored on held-out rows."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.training import balance, rescale
from slipway.training.adjust import Adjustment, adjusted
from slipway.training.candidate import Candidate, Model, Setting, unwatched
from slipway.training.folds import Folds
from slipway.training.loss import loss
from slipway.training.matrix import Goal, Outputs, Rows, Weight

BALANCED = "class weights"
"""The name of the setting that weighs rare classes; every candidate of a task with rare classes has it."""

Watch = Callable[[int, float], None]


@dataclass(frozen=True, slots=True)
class Metric:
    """What ranks the candidates.

    Attributes:
        name: What a log calls it.
        score: From y, outputs and the weights of the rows, or None, to a score.
        higher_is_better: False for errors and losses.
    """

    name: str
    score: Callable[[Goal, Outputs, Weight | None], float]
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of a trial.

    Attributes:
        score: Score on the held-out rows; NaN where they do not define it.
        outputs: Outputs for the held-out rows, fold after fold.
        found: Settings that the held-out rows chose.
        seconds: Seconds that it took.
    """

    score: float
    outputs: NDArray[np.float64]
    found: dict[str, Any]
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """Rows as a candidate gets them, and what its model is wrapped in.

    Attributes:
        rows: Rows to train on.
        validation: Rows to stop early on; None for none.
        wrap: From a model to one whose answers are on the scale of the target.
    """

    rows: Rows
    validation: Rows | None
    wrap: Callable[[Model], Model]

    def fit(self, candidate: Candidate, target: Target, setting: Setting) -> tuple[Model, dict[str, Any]]:
        """Trains; returns the wrapped model, and what was found."""
        model = candidate.fit(self.rows, self.validation, target, setting)
        return self.wrap(model), dict(getattr(model, "found", {}))


def ready(rows: Rows, validation: Rows | None, target: Target, *, balanced: bool) -> Ready:
    """Standardises the target of a regression; gives rare classes their weights where asked to."""
    if target.task == "regression":
        scale = rescale.of(rows)
        held_out = None if validation is None else scale.standardised(validation)
        return Ready(scale.standardised(rows), held_out, lambda model: rescale.RescaledModel(model, scale))
    if not balanced:
        return Ready(rows, validation, lambda model: model)
    by_class = balance.weights(rows, len(target.classes))
    held_out = None if validation is None else balance.weighted(validation, by_class)
    adjustment = Adjustment(weights=by_class)
    return Ready(balance.weighted(rows, by_class), held_out, lambda model: adjusted(model, adjustment))


@dataclass(frozen=True, eq=False)
class Work:
    """Everything that the trials share.

    Attributes:
        folds: What they are trained and scored on.
        target: The target.
        metric: What ranks them.
        seed: Seed of every random number.
    """

    folds: Folds
    target: Target
    metric: Metric
    seed: int

    @cached_property
    def plain(self) -> tuple[Ready, ...]:
        """The folds without weights of classes."""
        return self._ready(balanced=False)

    @cached_property
    def balanced(self) -> tuple[Ready, ...]:
        """The folds with weights of classes."""
        return self._ready(balanced=True)

    def _ready(self, *, balanced: bool) -> tuple[Ready, ...]:
        return tuple(ready(part.rows, part.validation, self.target, balanced=balanced) for part in self.folds.parts)

    def score(self, candidate: Candidate, params: dict[str, Any], threads: int, watch: Watch) -> Scored:
        """Runs a trial.

        Args:
            candidate: The candidate.
            params: Its setting.
            threads: Threads it may use.
            watch: To be told the loss so far: within the fold when there is only one, else after each; may raise.
        """
        started = time.perf_counter()
        parts = self.balanced if params.get(BALANCED) else self.plain
        single = len(parts) == 1
        outputs: list[NDArray[np.float64]] = []
        found: list[dict[str, Any]] = []
        for number, (part, fold) in enumerate(zip(parts, self.folds.parts, strict=True), start=1):
            within = watch if single else unwatched
            model, chosen = part.fit(candidate, self.target, Setting(params, self.seed, threads, within))
            outputs.append(predict(model, fold.validation))
            found.append(chosen)
            if not single and number < len(parts):
                scored = np.concatenate(outputs)
                weight = None if self.folds.weight is None else self.folds.weight[: len(scored)]
                watch(number, loss(self.folds.y[: len(scored)], scored, weight))
        answers = np.concatenate(outputs)
        score = self.metric.score(self.folds.y, answers, self.folds.weight)
        return Scored(score, answers, _middle(found), time.perf_counter() - started)

    def final(self, candidate: Candidate, params: dict[str, Any], found: dict[str, Any], threads: int) -> Model:
        """Trains on all rows, with what the held-out rows chose before."""
        last = ready(self.folds.whole(), None, self.target, balanced=bool(params.get(BALANCED)))
        return last.fit(candidate, self.target, Setting({**params, **found}, self.seed, threads))[0]


def predict(model: Model, rows: Rows) -> NDArray[np.float64]:
    """Outputs for rows, a batch at a time."""
    return np.concatenate([np.asarray(model.predict(part.x), dtype=np.float64) for part in rows.batches()])


def _middle(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What was found in the middle fold, setting by setting."""
    return {name: sorted(item[name] for item in found)[len(found) // 2] for name in found[0]}
