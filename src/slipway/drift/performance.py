"""Whether a model still performs as it did when it was judged, once the truth has arrived."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from slipway.drift import residuals
from slipway.drift.answers import Answers, part
from slipway.drift.changes import Change, changes
from slipway.drift.comparison import SEVERITIES, Severity
from slipway.drift.residuals import Residual
from slipway.drift.scores import Scored, is_worse, scored
from slipway.errors import DataError
from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.metrics import Metric
from slipway.evaluation.wording import number

MIN_ROWS = 30
"""Fewest rows of a window."""

FEWEST = 10
"""Fewest rows of either class in a window whose F1 or ROC AUC is scored."""

_WINDOWS = 10
_OF_A_CLASS = 20
"""Rows of the rarer class in a window of default size."""

_LEVEL = 0.05
"""Probability that any window is called worse that is not; divided by their number."""


@dataclass(frozen=True, slots=True)
class Window:
    """A score on a stretch of rows.

    Attributes:
        start: Position of its first row in the order of time.
        end: Position after its last row.
        score: The score with an interval that holds for all windows and metrics together; None where the rows do not
            define it, or are too few of a class.
        worse: Whether it is worse than expected by more than chance in either.
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
        window: Rows of a window; 0 for a tenth of the rows, at least ``MIN_ROWS``, and more where one of two classes is
            rare.
        seed: Seed of the intervals.

    Raises:
        DataError: There are fewer than ``MIN_ROWS`` rows, or the window is smaller.
    """
    rows = len(answers)
    size = min(rows, window or _size(answers))
    if size < MIN_ROWS:
        what = f"a window of {size} rows" if rows >= MIN_ROWS else f"{rows} rows with a truth and a prediction"
        message = f"{what} can't say how a model performs; at least {MIN_ROWS} are needed"
        raise DataError(message)
    starts = sorted({*range(0, rows - size + 1, max(1, size // 2)), rows - size})
    known = expected or {}
    watched = [_watched(metric, answers, known.get(metric.name), starts, size, seed) for metric in answers.metrics]
    return Performance(rows, size, tuple(watched), changes(answers.losses), residuals.tests(answers))


def _size(answers: Answers) -> int:
    """A tenth of the rows, or as many as hold enough of the rarer of two classes."""
    rows, size = len(answers), max(MIN_ROWS, len(answers) // _WINDOWS)
    if answers.task != "binary":
        return size
    return max(size, rows * _OF_A_CLASS // max(1, _rarer(answers)))


def _rarer(answers: Answers) -> int:
    return int(np.bincount(answers.y.astype(np.int64), minlength=2).min())


def _watched(
    metric: Metric, answers: Answers, expected: Interval | None, starts: list[int], size: int, seed: int
) -> Watched:
    level = _LEVEL / (len(answers.metrics) * len(starts))
    whole = scored(metric, answers, seed)
    least = whole.deviation * math.sqrt(len(answers) / size) if whole else 0.0
    windows = []
    for start in starts:
        rows = part(answers, start, start + size)
        found = scored(metric, rows, seed) if _tells(metric, rows) else None
        if found is None:
            windows.append(Window(start, start + size, None, worse=False))
            continue
        found = Scored(found.estimate, max(least, found.deviation))
        worse = expected is not None and is_worse(metric, found.interval(), expected, level)
        windows.append(Window(start, start + size, found.interval(level), worse))
    return Watched(metric.name, metric.title, expected, whole.interval() if whole else None, tuple(windows))


def _tells(metric: Metric, answers: Answers) -> bool:
    return answers.task != "binary" or metric.name == "accuracy" or _rarer(answers) >= FEWEST
