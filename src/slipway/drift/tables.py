"""Two tables that are at hand: everything that can be found."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from slipway.data import rows as some
from slipway.data.columns import Columns
from slipway.data.schema import Kind
from slipway.drift import between, classifier, dependence, multivariate, performance
from slipway.drift import sample as samples
from slipway.drift.answers import Named, answers, kinds_of
from slipway.drift.findings import Findings, lift
from slipway.drift.performance import Answers, Performance, watch
from slipway.drift.sample import Sample
from slipway.evaluation.bootstrap import Interval
from slipway.features.inputs import inputs
from slipway.spec import Drift


def compare(before: Columns, now: Columns, limits: Drift, named: Named) -> Findings:
    """Compares two tables that are at hand.

    Args:
        before: The reference.
        now: The current data.
        limits: The limits.
        named: Which columns hold the truth and the predictions.

    Raises:
        DataError: There are too few rows to compare, or it can't be told what is predicted.
    """
    data = between.compare(before, now, limits)
    kinds = _shared(before, now)
    inner = {name: kinds[name] for name in samples.names(kinds) if name not in named.columns}
    one, other = (_sample(table, inner, seed) for seed, table in enumerate((before, now)))
    target = predictions = None
    if named.truth:
        data, target = lift(data, named.truth)
    if named.prediction:
        data, predictions = lift(data, named.prediction)
    if named.time:
        data, _ = lift(data, named.time)
    return Findings(
        data=data,
        predictions=predictions,
        target=target,
        multivariate=multivariate.compare(dependence.fit(one, inner), other, limits),
        separation=classifier.separate(one, other, inner, limits) if limits.classifier else None,
        performance=_performance(before, now, limits, named) if named.truth and named.prediction else None,
        notes=(data.advice,) if data.advice else (),
    )


def _shared(before: Columns, now: Columns) -> dict[str, Kind]:
    found: dict[str, Kind] = {}
    for name, kind in before.kinds.items():
        other = now.kinds.get(name)
        if kind is None or other is None or (kind == "category") != (other == "category"):
            continue
        found[name] = kind if kind == other else "number"
    return found


def _sample(table: Columns, kinds: Mapping[str, Kind], seed: int) -> Sample:
    if not kinds:
        return Sample(table.rows, np.empty(0), {})
    frame = some.take(table, kinds, some.choose(table.rows, samples.ROWS, seed))
    drawn = samples.fit(inputs(frame, kinds), list(kinds), np.random.default_rng(seed))
    return replace(drawn, rows=table.rows)


def _performance(before: Columns, now: Columns, limits: Drift, named: Named) -> Performance:
    kinds = kinds_of(now.kinds, named)
    wanted = {name: kinds[name] for name in named.columns}
    frames = [some.take(table, wanted, np.arange(table.rows)) for table in (before, now)]
    expected, current = answers(frames, kinds, named)
    return watch(current, _scores(expected), limits.window)


def _scores(expected: Answers) -> dict[str, Interval]:
    found = {metric.name: performance.score(metric, expected) for metric in expected.metrics}
    return {name: interval for name, interval in found.items() if interval is not None}
