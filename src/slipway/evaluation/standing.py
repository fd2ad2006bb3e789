"""Who is judged, and where each of them ended up."""

from dataclasses import dataclass
from typing import Literal

from slipway.evaluation.arrays import Floats
from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.decision import Rule

Role = Literal["challenger", "candidate", "champion", "baseline"]


@dataclass(frozen=True, slots=True)
class Contender:
    """A model that is judged, with its predictions for the test rows.

    Attributes:
        name: What a report calls it: a candidate's name, or "champion v3".
        outputs: Probabilities (n, k) in the order of the target's classes, or predictions (n,).
        validation: Its score on the validation rows; None where it was not scored there.
        seconds: Seconds that training took; None where not known.
        threshold: Probability from which it answers the positive class of two.
        luck: Gain that another seed has in one of twenty trainings; None where that was not measured.
    """

    name: str
    outputs: Floats
    validation: float | None = None
    seconds: float | None = None
    threshold: Rule = 0.5
    luck: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a contender did on the test rows.

    Attributes:
        name: What a report calls it.
        role: The challenger is the candidate that won on the validation rows; no other can be promoted.
        score: Its score on the test rows.
        validation: Its score on the validation rows, or None.
        seconds: Seconds that training took, or None.
    """

    name: str
    role: Role
    score: Interval
    validation: float | None = None
    seconds: float | None = None
