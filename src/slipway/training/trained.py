"""What a search finds: the trained candidates and its history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from numpy import float64
from numpy.typing import NDArray

from slipway.training.candidate import Model
from slipway.training.matrix import Goal, Weight

State = Literal["scored", "given up", "no score"]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What a candidate answered for the rows that it was scored on.

    Attributes:
        y: Their goal, shape (n,).
        outputs: Its outputs, shape (n, k) or (n,).
        weight: Their weights; None when all count the same.
    """

    y: Goal
    outputs: NDArray[float64]
    weight: Weight | None


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate that was trained.

    Attributes:
        name: The candidate's name.
        model: The model, trained on training and validation rows.
        score: Score of the same setting on the held-out rows, before it was trained on them too.
        seconds: Seconds of all its trials and of the last training.
        params: Its setting, and what the held-out rows chose.
        calibration: How its probabilities are calibrated; ``none`` where that does not improve them.
        threshold: Probability from which a binary prediction is the positive class.
        luck: Gain that another seed has in one of twenty trainings; None where that was not measured.
        held_out: What the score is of; None for a model that was loaded.
    """

    name: str
    model: Model
    score: float
    seconds: float
    params: Mapping[str, Any] = field(default_factory=dict)
    calibration: str = "none"
    threshold: float = 0.5
    luck: float | None = None
    held_out: HeldOut | None = field(default=None, repr=False, compare=False)

    @property
    def setting(self) -> dict[str, Any]:
        """What was chosen for it, the calibration included."""
        return {**self.params, "calibration": self.calibration}

    def decided(self, threshold: float) -> "Trained":
        """The same candidate with a threshold."""
        return replace(self, threshold=threshold)


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial of the history.

    Attributes:
        number: Its place in the search, from 0.
        candidate: Name of the candidate.
        params: Its setting.
        state: How it ended.
        score: Score on the held-out rows; None unless it was scored.
        seconds: Seconds that it took.
        steps: Step to the loss on the held-out rows after it.
    """

    number: int
    candidate: str
    params: dict[str, Any]
    state: State
    score: float | None
    seconds: float
    steps: dict[int, float]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ranked: The candidates, best first, one without a score last.
        history: Every trial.
        skipped: Name of each candidate that was not trained, with the reason.
        folds: Folds of the cross-validation; 1 when the validation rows alone scored.
    """

    ranked: tuple[Trained, ...]
    history: tuple[Tried, ...]
    skipped: Mapping[str, str]
    folds: int
