"""May the challenger replace the champion? The answer, and everything it rests on."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation import gains, metrics
from slipway.evaluation import gates as rules
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.bootstrap import Interval, Resamples
from slipway.evaluation.comparison import Comparison
from slipway.evaluation.gates import Gate, Measured
from slipway.evaluation.reason import reason
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender, Role, Standing
from slipway.spec import Gates, Spec


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
        method: Where the gain's interval comes from, in words.
        against: "champion v3", or "baseline" when there is no champion.
        gates: How each gate went.
        candidates: Every contender: the challenger first, then the other candidates, the champion, the baseline.
        remarks: Sentences that a person should know whatever the verdict is.
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
    method: str
    against: str
    gates: tuple[Gate, ...]
    candidates: tuple[Standing, ...]
    remarks: tuple[str, ...] = ()

    @property
    def outcome(self) -> Literal["promoted", "kept", "refused"]:
        """``kept`` when only the gain over the champion was missing, ``refused`` when another gate failed."""
        if self.promoted:
            return "promoted"
        return "refused" if any(gate.name not in gains.TIES and not gate.passed for gate in self.gates) else "kept"

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
        raw["remarks"] = tuple(raw["remarks"])
        return cls(**raw)


def judge(
    sample: Sample,
    contenders: Sequence[Contender],
    baseline: Floats,
    *,
    target: Target,
    spec: Spec,
    champion: Contender | None = None,
    measured: Measured | None = None,
    others: Sequence[Gate] = (),
    remarks: Sequence[str] = (),
) -> Verdict:
    """Holds the challenger against the baseline, the champion and the gates, on the same test rows.

    The first contender is the challenger. It must have been chosen on the validation rows: the test rows only say
    yes or no to it. A tie keeps the champion.

    Args:
        sample: The test rows.
        contenders: Candidates, best on validation first; at least one.
        baseline: Outputs of ``slipway.evaluation.baseline`` for the test rows.
        target: The target.
        spec: The spec: metric, gates, and the split's seed for the resamples.
        champion: The champion with its predictions for the same rows; None when there is none.
        measured: What was measured on the challenger's bundle; None before it is written.
        others: Gates that were checked elsewhere.
        remarks: What a person should know whatever the verdict is.

    Raises:
        DataError: The metric is not defined for the task or on these test rows, or a prediction is not finite.
    """
    metric = metrics.resolve(spec.metric, target.task)
    everyone = [*contenders, *([champion] if champion else []), Contender("baseline", baseline)]
    _require_classes(metric, sample.y, target)
    _require_finite(everyone, len(contenders))
    compared = Comparison.of(metric, sample, everyone, spec.gates, spec.split.seed)
    gain = compared.gain(len(contenders))
    gates = (
        *(_over_champion(compared, gain, spec.gates) if champion else []),
        *_alone(compared, target, spec, measured or Measured()),
        *others,
    )
    against, winner = champion.name if champion else None, contenders[0].name
    promoted = all(gate.passed for gate in gates)
    said = reason(winner, against, metric, gain, gates, rows=len(sample), confidence=spec.gates.confidence)
    return Verdict(
        promoted=promoted,
        kept=champion is not None and not promoted,
        reason=said,
        winner=winner,
        metric=metric.name,
        confidence=spec.gates.confidence,
        rows=len(sample),
        score=compared.draws.interval(0),
        gain=gain,
        method=compared.method,
        against=against or "baseline",
        gates=gates,
        candidates=_standings(everyone, len(contenders), compared.draws),
        remarks=tuple(remarks),
    )


def _alone(compared: Comparison, target: Target, spec: Spec, measured: Measured) -> tuple[Gate, ...]:
    """The gates that look at the challenger, whether there is a champion or not."""
    sample, outputs = compared.sample, compared.contenders[0].outputs
    error = None if target.task == "regression" else metrics.score("ece", sample.y, outputs, weight=sample.weight)
    over_baseline = compared.gain(len(compared.contenders) - 1)
    return (
        gains.over_baseline(compared.metric, over_baseline, spec.gates.confidence),
        rules.enough_rows(sample, spec.gates.min_test_rows),
        *rules.check(spec.gates, compared.metric, float(compared.draws.estimates[0]), error, measured),
    )


def _over_champion(compared: Comparison, gain: Interval, gates: Gates) -> tuple[Gate, ...]:
    champion, luck = compared.contenders[-2].name, compared.contenders[0].luck
    first = gains.over_champion(compared.metric, gain, gates.confidence, gates.min_gain, champion)
    return (first,) if luck is None else (first, gains.over_seeds(compared.metric, gain, luck, gates.min_gain))


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
