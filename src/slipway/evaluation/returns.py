"""The expected profit of deciding by a model, by the champion, or without any."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation import costs, decision
from slipway.evaluation.arrays import Floats
from slipway.evaluation.bootstrap import Interval, resample
from slipway.evaluation.probability import mean_of
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.wording import number, percent, plain, short, signed, span
from slipway.spec.model import Spec

ROWS = 1000
"""Rows that profits are told for."""


@dataclass(frozen=True, slots=True)
class Return:
    """What one way of deciding earns.

    Attributes:
        name: Who decides.
        decided: Rows of each decided class in words.
        profit: Expected profit of ``ROWS`` rows in units of the costs; a loss is negative.
        more: How much more that is than deciding the same for every row; None for that very decision.
    """

    name: str
    decided: str
    profit: Interval
    more: Interval | None


@dataclass(frozen=True, slots=True)
class Returns:
    """The profits of all, the challenger first and the constant decision last, with what they mean in a sentence."""

    each: tuple[Return, ...]
    sentence: str


def returns(
    sample: Sample, contenders: Sequence[Contender], shares: Floats, target: Target, spec: Spec
) -> Returns | None:
    """Expected profits on rows like the test rows.

    Args:
        sample: The test rows.
        contenders: Who decides; at least one.
        shares: Share of each class in the training rows, which the constant decision is chosen by, shape (k,).
        target: The target.
        spec: The spec: costs, resamples, confidence and the split's seed.

    Returns:
        None where the spec names no costs.

    Raises:
        DataError: The costs do not fit the target.
    """
    if not spec.costs:
        return None
    table = costs.matrix(spec.costs, target)
    same = costs.constant(table, shares)
    decided = [decision.decide(one.outputs, one.threshold) for one in contenders]
    decided.append(np.full(len(sample), same))
    draws = resample(
        [mean_of(ROWS * costs.profit(table, sample.y, each)) for each in decided],
        sample,
        resamples=spec.gates.resamples,
        confidence=spec.gates.confidence,
        seed=spec.split.seed,
    )
    last = len(contenders)
    names = [*(one.name for one in contenders), f"always {short(target.classes[same])}"]
    each = tuple(
        Return(
            name,
            _shares(decided[at], sample, target),
            draws.interval(at),
            None if at == last else draws.difference(at, last),
        )
        for at, name in enumerate(names)
    )
    return Returns(each, _sentence(each, spec.gates.confidence))


def _shares(decided: Floats, sample: Sample, target: Target) -> str:
    shares = np.bincount(decided, sample.counts, len(target.classes)) / sample.counts.sum()
    order = np.argsort(-shares, kind="stable")[:3]
    return ", ".join(
        f"{percent(round(float(shares[at]), 3))} {short(target.classes[at])}" for at in order if shares[at]
    )


def _sentence(each: tuple[Return, ...], confidence: float) -> str:
    model, same = each[0], each[-1]
    more = model.more
    assert more is not None  # noqa: S101 - only the constant decision has none
    said = (
        f"Deciding by {model.name} {'earns' if model.profit.estimate >= 0 else 'loses'} "
        f"{number(abs(model.profit.estimate))} for every {plain(ROWS)} rows, {signed(more.estimate)} against deciding "
        f"{same.name!r} ({percent(confidence)} interval {span(more.low, more.high)})"
    )
    if more.low > 0:
        return f"{said}: the model pays."
    return f"{said}: {'it costs more than it brings' if more.high < 0 else 'whether the model pays is not settled'}."
