"""How the groups of a sensitive column are treated, and the gates on how far they are apart."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation.arrays import Floats
from slipway.evaluation.bootstrap import Interval, resample
from slipway.evaluation.decision import Rule, decide
from slipway.evaluation.disparity import Disparity, Means, measures
from slipway.evaluation.gates import Gate
from slipway.evaluation.groups import Groups
from slipway.evaluation.sample import Sample
from slipway.evaluation.wording import capital, listing, number, plain, short, span
from slipway.spec import Spec


@dataclass(frozen=True, slots=True)
class Group:
    """One group.

    Attributes:
        name: What its rows hold.
        rows: Test rows.
        rate: Share that is answered with the class, or the mean prediction; None for a group that is too small.
        right: Share whose class is right, or the mean absolute error; likewise.
    """

    name: str
    rows: int
    rate: Interval | None = None
    right: Interval | None = None


@dataclass(frozen=True, slots=True)
class Treatment:
    """The groups of one sensitive column, for one class of the target or for a number.

    Attributes:
        column: The column.
        outcome: The class whose answers are looked at; empty for a number.
        groups: The groups.
        disparities: How far those that are large enough are apart; none where fewer than two are.
        note: What was not judged, in a sentence; else empty.
    """

    column: str
    outcome: str
    groups: tuple[Group, ...]
    disparities: tuple[Disparity, ...]
    note: str


def treatments(
    groups: Sequence[Groups], sample: Sample, outputs: Floats, target: Target, spec: Spec, threshold: Rule = 0.5
) -> tuple[Treatment, ...]:
    """Compares the groups of each sensitive column.

    Args:
        groups: Groups of the test rows, one a sensitive column.
        sample: The test rows.
        outputs: Probabilities (n, k) or predictions (n,).
        target: The target.
        spec: The spec: fairness, resamples, confidence and the split's seed.
        threshold: The rule that decides.
    """
    if target.task == "regression":
        return tuple(_treatment(each, sample, sample.y, outputs, "", spec) for each in groups)
    decided = decide(outputs, threshold)
    outcomes = [1] if target.task == "binary" else range(len(target.classes))
    return tuple(
        _treatment(
            each, sample, (sample.y == at).astype(float), (decided == at).astype(float), target.classes[at], spec
        )
        for each in groups
        for at in outcomes
    )


def gates(found: Sequence[Treatment]) -> Iterator[Gate]:
    """A gate for each limit of the spec and each sensitive column."""
    for one in found:
        for each in one.disparities:
            if each.limit is not None:
                yield _gate(one, each)


def _gate(one: Treatment, each: Disparity) -> Gate:
    column, rule = short(one.column, 40), "≥" if each.at_least else "≤"
    of = f" for {short(one.outcome)}" if one.outcome else ""
    said = f"{each.title} between the groups of {column!r}{of} is {number(each.value.estimate)} ({_span(each)})"
    limit = each.limit or 0.0
    title = f"{capital(each.title)}, {column}{of}"
    if each.passed:
        return Gate(f"fairness_{each.name}", title, True, each.value.estimate, limit, rule, "", said)
    why = f" (fairness allows {'at least' if each.at_least else 'at most'} {plain(limit)})"
    remedy = (
        f"look at the groups of {column!r} in the report: gather more of their rows, leave out columns that stand "
        "for it, or choose another threshold"
    )
    return Gate(f"fairness_{each.name}", title, False, each.value.estimate, limit, rule, "", said + why, remedy)


def _span(each: Disparity) -> str:
    return f"interval {span(each.value.low, each.value.high)}"


def _treatment(groups: Groups, sample: Sample, y: Floats, answers: Floats, outcome: str, spec: Spec) -> Treatment:
    rows = np.bincount(groups.codes, minlength=len(groups.names))
    judged = np.flatnonzero(rows >= spec.fairness.min_group_rows).tolist()
    small = [f"{groups.names[at]} ({rows[at]} rows)" for at in np.flatnonzero(rows < spec.fairness.min_group_rows)[:10]]
    note = f"Too few rows to judge: {listing(small)}." if small else ""
    means = Means(groups, sample, np.array(judged, dtype=np.int64), y, answers)
    rates = {at: (means.mean(at, answers), means.mean(at, _right(y, answers, outcome))) for at in judged}
    compared = measures(means, spec.fairness, outcome) if len(judged) > 1 else []
    statistics = [one for pair in rates.values() for one in pair] + [one.statistic for one in compared]
    intervals: list[Interval] = []
    if statistics:
        draws = resample(
            statistics, sample, resamples=spec.gates.resamples, confidence=spec.gates.confidence, seed=spec.split.seed
        )
        means_end = 2 * len(rates)
        intervals = [draws.interval(at) for at in range(means_end)]
        highest = 1.0 if outcome else math.inf
        intervals += [draws.corrected(at, highest) for at in range(means_end, len(statistics))]
    pairs = {at: (intervals[2 * place], intervals[2 * place + 1]) for place, at in enumerate(rates)}
    return Treatment(
        groups.column,
        outcome,
        tuple(
            Group(name, int(rows[at]), *pairs[at]) if at in pairs else Group(name, int(rows[at]))
            for at, name in enumerate(groups.names)
        ),
        tuple(one.held(interval) for one, interval in zip(compared, intervals[2 * len(rates) :], strict=True)),
        note,
    )


def _right(y: Floats, answers: Floats, outcome: str) -> Floats:
    return (y == answers).astype(float) if outcome else np.abs(y - answers)
