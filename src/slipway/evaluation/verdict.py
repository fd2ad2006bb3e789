"""May the challenger replace the champion? The answer, and everything it rests on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation import gates as rules
from slipway.evaluation import metrics
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.bootstrap import Interval, Resamples, resample
from slipway.evaluation.gates import Gate, Measured
from slipway.evaluation.reason import reason
from slipway.evaluation.standing import Contender, Role, Standing
from slipway.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, and why.

    Attributes:
        promoted: Whether the challenger becomes the champion.
        kept: Whether there is a champion and it stays.
        reason: Sentences for people.
        winner: Name of the challenger.
        metric: Name of the metric that decided.
        confidence: Confidence of every interval.
        rows: Test rows.
        score: The challenger's score.
        gain: The gain over ``against``; positive is better, also for errors.
        against: "champion v3", or "baseline" when there is no champion.
        gates: How each gate went.
        candidates: Every contender: the challenger first, then the other candidates, the champion, the baseline.
    """

    promoted: bool
    kept: bool
    reason: str
    winner: str
    metric: str
    confidence: float
    rows: int
    score: Interval
    gain: Interval
    against: str
    gates: tuple[Gate, ...]
    candidates: tuple[Standing, ...]

    @property
    def outcome(self) -> Literal["promoted", "kept", "refused"]:
        """``kept`` when only the gain over the champion was missing, ``refused`` when another gate failed."""
        if self.promoted:
            return "promoted"
        return "refused" if any(gate.name != rules.CHAMPION and not gate.passed for gate in self.gates) else "kept"

    def to_json(self) -> str:
        """The verdict as indented JSON, with its outcome."""
        return json.dumps({"outcome": self.outcome, **asdict(self)}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Verdict":
        """Reads what ``to_json`` wrote.

        Raises:
            ValueError, KeyError, TypeError: The text is not a verdict.
        """
        raw: dict[str, Any] = json.loads(text)
        del raw["outcome"]
        raw["score"], raw["gain"] = Interval(**raw["score"]), Interval(**raw["gain"])
        raw["gates"] = tuple(Gate(**gate) for gate in raw["gates"])
        raw["candidates"] = tuple(Standing(**{**one, "score": Interval(**one["score"])}) for one in raw["candidates"])
        return cls(**raw)


def judge(
    y: Floats | Ints,
    contenders: Sequence[Contender],
    baseline: Floats,
    *,
    target: Target,
    spec: Spec,
    champion: Contender | None = None,
    measured: Measured | None = None,
) -> Verdict:
    """Holds the challenger against the baseline, the champion and the gates, on the same test rows.

    The first contender is the challenger. It must have been chosen on the validation rows: the test rows only say
    yes or no to it. A tie keeps the champion.

    Args:
        y: Class indices or target of the test rows, shape (n,).
        contenders: Candidates, best on validation first; at least one.
        baseline: Outputs of ``slipway.evaluation.baseline`` for the test rows.
        target: The target.
        spec: The spec: metric, threshold, gates, and the split's seed for the resamples.
        champion: The champion with its predictions for the same rows; None when there is none.
        measured: What was measured on the challenger's bundle; None before it is written.

    Raises:
        DataError: The metric is not defined for the task or on these test rows, or a prediction is not finite.
    """
    metric = metrics.resolve(spec.metric, target.task)
    everyone = [*contenders, *([champion] if champion else []), Contender("baseline", baseline)]
    _require_classes(metric, y, target)
    _require_finite(everyone, len(contenders))
    draws = resample(
        [metric.prepare(y, contender.outputs, spec.threshold) for contender in everyone],
        len(y),
        resamples=spec.gates.resamples,
        confidence=spec.gates.confidence,
        seed=spec.split.seed,
    )
    error = None if target.task == "regression" else metrics.score("ece", y, contenders[0].outputs)
    gain = draws.gain(metric, 0, len(contenders))
    over_baseline = draws.gain(metric, 0, len(everyone) - 1)
    gates = (
        *([_over_champion(metric, gain, spec, champion.name)] if champion else []),
        rules.over_baseline(metric, over_baseline, spec.gates.confidence),
        *rules.check(spec.gates, metric, float(draws.estimates[0]), error, measured or Measured()),
    )
    promoted = all(gate.passed for gate in gates)
    against = champion.name if champion else None
    return Verdict(
        promoted=promoted,
        kept=champion is not None and not promoted,
        reason=reason(contenders[0].name, against, metric, gain, gates, rows=len(y), confidence=spec.gates.confidence),
        winner=contenders[0].name,
        metric=metric.name,
        confidence=spec.gates.confidence,
        rows=len(y),
        score=draws.interval(0),
        gain=gain,
        against=against or "baseline",
        gates=gates,
        candidates=_standings(everyone, len(contenders), draws),
    )


def _over_champion(metric: metrics.Metric, gain: Interval, spec: Spec, champion: str) -> Gate:
    return rules.over_champion(metric, gain, spec.gates.confidence, spec.gates.min_gain, champion)


def _standings(everyone: Sequence[Contender], candidates: int, draws: Resamples) -> tuple[Standing, ...]:
    others: list[Role] = ["candidate"] * (candidates - 1)
    last: list[Role] = ["champion", "baseline"] if len(everyone) > candidates + 1 else ["baseline"]
    roles: list[Role] = ["challenger", *others, *last]
    return tuple(
        Standing(one.name, role, draws.interval(index), one.validation, one.seconds)
        for index, (one, role) in enumerate(zip(everyone, roles, strict=True))
    )


def _require_classes(metric: metrics.Metric, y: Floats | Ints, target: Target) -> None:
    if metric.name == "roc_auc" and (y == y[0]).all():
        message = (
            f"all {len(y)} test rows have the same class of {target.name!r} ({target.classes[int(y[0])]!r}), so "
            "roc_auc is not defined on them; use more rows, a larger split.test, or metric: log_loss"
        )
        raise DataError(message)


def _require_finite(everyone: Sequence[Contender], candidates: int) -> None:
    for index, contender in enumerate(everyone):
        rows = contender.outputs.reshape(len(contender.outputs), -1)
        finite = np.atleast_1d(np.isfinite(rows).all(axis=1))
        if not finite.all():
            help_ = "leave it out of 'candidates'" if index < candidates else "look at these rows, or at another split"
            message = (
                f"{contender.name} predicts nothing finite for {int((~finite).sum())} of {len(finite)} test rows, "
                f"first for row {int(np.argmin(finite))}; {help_}"
            )
            raise DataError(message)
