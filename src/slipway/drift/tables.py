"""A table that is at hand against another, or against a profile: everything that can be found."""

from collections.abc import Iterator, Mapping
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
from slipway.drift.profile import Profile
from slipway.drift.sample import Sample
from slipway.evaluation.bootstrap import Interval
from slipway.features.inputs import inputs
from slipway.spec import Drift


def compare(
    before: Columns | Profile, now: Columns, limits: Drift, named: Named, importances: Mapping[str, float] | None = None
) -> Findings:
    """Compares a table with another or with a profile.

    Args:
        before: The reference.
        now: The current data.
        limits: The limits.
        named: Which columns hold the truth and the predictions.
        importances: How much the model relies on each column, in any unit; by default what a profile says.

    Raises:
        DataError: There are too few rows to compare, or it can't be told what is predicted.
    """
    known = before.importances if isinstance(before, Profile) and importances is None else importances or {}
    data = between.compare(before, now, limits, known)
    kinds = {name: kind for name, kind in _shared(before.kinds, now.kinds).items() if name not in named.columns}
    target = predictions = None
    if named.truth:
        data, target = lift(data, named.truth)
    if named.prediction:
        data, predictions = lift(data, named.prediction)
    if named.time:
        data, _ = lift(data, named.time)
    found = Findings(data, predictions, target)
    if named.truth and named.prediction:
        found = replace(found, performance=_performance(before, now, limits, named))
    notes = tuple(note for note in (data.advice, samples.note(kinds, known)) if note)
    if isinstance(before, Profile):
        return replace(_with_profile(found, before.dependence, now, kinds, limits), notes=notes)
    together = {name: kinds[name] for name in samples.names(kinds, known)}
    return replace(_with_table(found, before, now, together, limits), notes=notes)


def _with_profile(
    found: Findings, known: dependence.Dependence | None, now: Columns, kinds: Mapping[str, Kind], limits: Drift
) -> Findings:
    together = {name: kinds[name] for name in (known.columns if known else ()) if name in kinds}
    return replace(found, multivariate=multivariate.compare(known, _sample(now, together, 1), limits))


def _with_table(found: Findings, before: Columns, now: Columns, kinds: Mapping[str, Kind], limits: Drift) -> Findings:
    one, other = (_sample(table, kinds, seed) for seed, table in enumerate((before, now)))
    return replace(
        found,
        multivariate=multivariate.compare(dependence.fit(one, kinds), other, limits),
        separation=classifier.separate(one, other, kinds, limits) if limits.classifier else None,
    )


def _shared(before: Mapping[str, Kind | None], now: Mapping[str, Kind | None]) -> dict[str, Kind]:
    return dict(_pairs(before, now))


def _pairs(before: Mapping[str, Kind | None], now: Mapping[str, Kind | None]) -> Iterator[tuple[str, Kind]]:
    for name, kind in before.items():
        other = now.get(name)
        if kind is not None and other is not None and (kind == "category") == (other == "category"):
            yield name, kind if kind == other else "number"


def _sample(table: Columns, kinds: Mapping[str, Kind], seed: int) -> Sample:
    if not kinds:
        return Sample(table.rows, np.empty(0), {})
    frame = some.take(table, kinds, some.choose(table.rows, samples.ROWS, seed))
    drawn = samples.fit(inputs(frame, kinds), list(kinds), np.random.default_rng(seed))
    return replace(drawn, rows=table.rows)


def _performance(before: Columns | Profile, now: Columns, limits: Drift, named: Named) -> Performance:
    kinds = kinds_of(now.kinds, named)
    wanted = {name: kinds[name] for name in named.columns}
    sides = [table for table in (before, now) if not isinstance(table, Profile)]
    *expected, current = answers([some.take(table, wanted, np.arange(table.rows)) for table in sides], kinds, named)
    return watch(current, _scores(expected[0]) if expected else None, limits.window)


def _scores(expected: Answers) -> dict[str, Interval]:
    found = {metric.name: performance.score(metric, expected) for metric in expected.metrics}
    return {name: interval for name, interval in found.items() if interval is not None}
