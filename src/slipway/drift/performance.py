"""Whether a model still performs as it did when it was judged, once the truth has arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from slipway.data.schema import Task
from slipway.drift import residuals
from slipway.drift.comparison import SEVERITIES, Severity
from slipway.drift.residuals import Residual
from slipway.errors import DataError
from slipway.evaluation import metrics
from slipway.evaluation.bootstrap import Interval, resample
from slipway.evaluation.metrics import Metric
from slipway.evaluation.sample import Sample
from slipway.evaluation.wording import number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WATCHED: dict[Task, tuple[str, ...]] = {
    "binary": ("f1", "accuracy", "roc_auc"),
    "multiclass": ("f1", "accuracy", "roc_auc"),
    "regression": ("rmse", "mae"),
}

MIN_ROWS = 30
"""Fewest rows of a window."""

_WINDOWS = 10
_RESAMPLES = 200
_LEVEL = 0.05
"""Probability that any interval misses the score that its window is a sample of; divided by their number."""

_SCALES = 4.0
"""Typical errors at which the error of one row stops to count for more in the sequential test."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions with the truth, in the order of time.

    Attributes:
        task: The task.
        y: Class indices or values, shape (n,).
        outputs: Probabilities (n, k), or predictions (n,). Classes without probabilities have ones and zeros.
        probabilities: Whether outputs are probabilities.
        threshold: Probability from which a binary prediction is the positive class.
    """

    task: Task
    y: Floats | Ints
    outputs: Floats
    probabilities: bool = True
    threshold: float = 0.5

    def __len__(self) -> int:
        return len(self.y)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is watched; the ROC AUC needs probabilities."""
        return tuple(metrics.get(name) for name in WATCHED[self.task] if self.probabilities or name != "roc_auc")

    @property
    def losses(self) -> Floats:
        """The error of each row: 1 for a wrong class, or the absolute error of a number; shape (n,)."""
        return residuals.losses(self.task, self.y, self.outputs, self.threshold)


@dataclass(frozen=True, slots=True)
class Window:
    """A score on a stretch of rows.

    Attributes:
        start: Position of its first row in the order of time.
        end: Position after its last row.
        score: The score with an interval that holds for all windows and metrics together; None where the rows do not
            define it.
        worse: Whether the whole interval is worse than the whole interval expected.
    """

    start: int
    end: int
    score: Interval | None
    worse: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """One metric over time.

    Attributes:
        name: The metric's name.
        title: What a sentence calls it.
        expected: The score when the model was judged; None where that is not known.
        overall: The score on all rows; None where they do not define it.
        windows: Scores on stretches that overlap by half.
    """

    name: str
    title: str
    expected: Interval | None
    overall: Interval | None
    windows: tuple[Window, ...]

    @property
    def severity(self) -> Severity:
        """``alarm`` when any window is worse than expected."""
        return "alarm" if any(window.worse for window in self.windows) else "none"

    @property
    def sentence(self) -> str:
        """The first window that is worse than expected, in words; empty without one."""
        for window in self.windows:
            if window.worse and window.score and self.expected:
                before, now = number(self.expected.estimate), number(window.score.estimate)
                return f"{self.title} was {before} and is {now} in rows {window.start + 1:,} to {window.end:,}"
        return ""


@dataclass(frozen=True, slots=True)
class Change:
    """A row from which errors are more frequent, or larger, than before.

    Attributes:
        row: Position of the row after which it was sure, in the order of time.
        before: Mean error of a row until then.
        now: Mean error of the rows that the detector kept as recent.
    """

    row: int
    before: float
    now: float

    @property
    def sentence(self) -> str:
        """The change in words."""
        return f"errors grew from {number(self.before)} to {number(self.now)} a row, seen at row {self.row + 1:,}"


@dataclass(frozen=True, slots=True)
class Performance:
    """How a model performs on rows whose truth is known.

    Attributes:
        rows: How many they are.
        window: Rows of a window.
        metrics: Each metric over time.
        changes: Where the sequential test (ADWIN) saw errors grow.
        residuals: Tests of the errors.
    """

    rows: int
    window: int
    metrics: tuple[Watched, ...]
    changes: tuple[Change, ...]
    residuals: tuple[Residual, ...]

    @property
    def severity(self) -> Severity:
        """``alarm`` when a window is worse than expected; ``warn`` when errors grew, or are not as they should be."""
        softer: Severity = "warn" if self.changes or any(test.unusual for test in self.residuals) else "none"
        return max((softer, *(watched.severity for watched in self.metrics)), key=SEVERITIES.index)

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        found = [
            *(watched.sentence for watched in self.metrics if watched.severity == "alarm"),
            *(change.sentence for change in self.changes),
            *(test.sentence for test in self.residuals if test.unusual),
        ]
        return found[0] if found else f"{self.rows:,} rows perform as expected"


def watch(
    answers: Answers, expected: Mapping[str, Interval] | None = None, window: int = 0, seed: int = 0
) -> Performance:
    """Follows a model's scores over time.

    Args:
        answers: Predictions with the truth, in the order of time.
        expected: Metric to its score when the model was judged; without it only the sequential and the residual tests
            can find something.
        window: Rows of a window; 0 for a tenth of the rows, at least ``MIN_ROWS``.
        seed: Seed of the intervals.

    Raises:
        DataError: There are fewer than ``MIN_ROWS`` rows, or the window is smaller.
    """
    rows = len(answers)
    size = min(rows, window or max(MIN_ROWS, rows // _WINDOWS))
    if size < MIN_ROWS:
        what = f"a window of {size} rows" if rows >= MIN_ROWS else f"{rows} rows with a truth and a prediction"
        message = f"{what} can't say how a model performs; at least {MIN_ROWS} are needed"
        raise DataError(message)
    starts = sorted({*range(0, rows - size + 1, max(1, size // 2)), rows - size})
    level = _LEVEL / (len(answers.metrics) * len(starts))
    watched = [
        _watched(metric, answers, (expected or {}).get(metric.name), starts, size, level, seed)
        for metric in answers.metrics
    ]
    return Performance(rows, size, tuple(watched), changes(answers.losses), residuals.tests(answers))


def score(metric: Metric, answers: Answers, level: float = _LEVEL, seed: int = 0) -> Interval | None:
    """A score with a normal interval from its bootstrap deviation; None where the rows do not define it.

    Args:
        metric: What is scored.
        answers: Predictions with the truth.
        level: Probability that the interval misses.
        seed: Seed of the bootstrap.
    """
    try:
        statistic = metric.prepare(answers.y, answers.outputs, answers.threshold)
        drawn = resample([statistic], Sample(answers.y), resamples=_RESAMPLES, confidence=1 - level, seed=seed)
    except DataError:
        return None
    estimate, reach = float(drawn.estimates[0]), float(-ndtri(level / 2) * drawn.values.std())
    return Interval(estimate, estimate - reach, estimate + reach)


def changes(losses: Sequence[float] | Floats) -> tuple[Change, ...]:
    """Where the mean error of a row grew, by ADWIN.

    A. Bifet and R. Gavaldà, "Learning from time-changing data with adaptive windowing", SIAM SDM 2007. It expects
    values from 0 to 1, so an error counts as a share of ``_SCALES`` times the median of those that are not 0, and as 1
    at most.

    Args:
        losses: The error of each row in the order of time, 0 or more.
    """
    from river.drift import ADWIN

    values = np.asarray(losses, dtype=np.float64)
    positive = values[values > 0]
    if not len(positive):
        return ()
    scale = 1.0 if positive.max() <= 1 and np.isin(values, (0, 1)).all() else _SCALES * float(np.median(positive))
    detector: Any = ADWIN()  # type: ignore[no-untyped-call]
    found = []
    for row, value in enumerate(np.minimum(values / scale, 1.0).tolist()):
        before = detector.estimation
        detector.update(value)
        if detector.drift_detected and detector.estimation > before:
            found.append(Change(row, before * scale, detector.estimation * scale))
    return tuple(found)


def _watched(
    metric: Metric, answers: Answers, expected: Interval | None, starts: list[int], size: int, level: float, seed: int
) -> Watched:
    windows = []
    for start in starts:
        found = score(metric, part(answers, start, start + size), level, seed)
        windows.append(Window(start, start + size, found, _is_worse(metric, found, expected)))
    return Watched(metric.name, metric.title, expected, score(metric, answers, seed=seed), tuple(windows))


def part(answers: Answers, start: int, end: int) -> Answers:
    """Some of the rows.

    Args:
        answers: All rows.
        start: Position of the first one.
        end: Position after the last one.
    """
    y, outputs = answers.y[start:end], answers.outputs[start:end]
    return Answers(answers.task, y, outputs, answers.probabilities, answers.threshold)


def _is_worse(metric: Metric, found: Interval | None, expected: Interval | None) -> bool:
    if found is None or expected is None:
        return False
    return found.high < expected.low if metric.higher_is_better else found.low > expected.high
