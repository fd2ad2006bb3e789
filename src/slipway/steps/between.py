"""A table against a reference, without a pipeline."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from slipway.data import columns as tables
from slipway.data import rows as some
from slipway.data.columns import Columns
from slipway.data.schema import Kind
from slipway.data.source import Source, open_table
from slipway.drift import between as exactly
from slipway.drift import classifier, dependence, multivariate, performance
from slipway.drift import sample as samples
from slipway.drift.findings import Findings, lift
from slipway.drift.performance import Answers, Performance, watch
from slipway.drift.sample import Sample
from slipway.errors import DataError
from slipway.evaluation.bootstrap import Interval
from slipway.features.inputs import inputs
from slipway.spec import Drift
from slipway.steps import current as currents
from slipway.steps import reference as references
from slipway.steps.answers import Named, answers
from slipway.steps.examine import examine
from slipway.steps.reference import Reference


def between(reference: str, current: str, limits: Drift, named: Named | None = None) -> Findings:
    """Compares a table with a reference.

    Args:
        reference: A table, a bundle, or a reference profile (JSON), at any fsspec URI.
        current: A table.
        limits: The limits.
        named: Which columns hold the truth and the predictions; of a bundle, the model knows.

    Raises:
        BundleError: The bundle is damaged.
        DataError: One of them can't be read or there are too few rows to compare.
        UnknownNameError: A named column is not there.
    """
    named = named or Named()
    known = references.at(reference)
    if known is not None:
        return _with_profile(known, current, limits, named)
    with tables.open_columns(reference) as before, tables.open_columns(current) as now:
        for table, where in ((before, "the reference"), (now, "the current data")):
            named.check(table.kinds, where)
        return compare(before, now, limits, named)


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
    data = exactly.compare(before, now, limits)
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
    kinds = _kinds(now.kinds, named)
    wanted = {name: kinds[name] for name in named.columns}
    frames = [some.take(table, wanted, np.arange(table.rows)) for table in (before, now)]
    expected, current = answers(frames, kinds, named)
    return watch(current, _scores(expected), limits.window)


def _scores(expected: Answers) -> dict[str, Interval]:
    found = {metric.name: performance.score(metric, expected) for metric in expected.metrics}
    return {name: interval for name, interval in found.items() if interval is not None}


def _kinds(found: Mapping[str, Kind | None], named: Named) -> dict[str, Kind]:
    empty = [name for name in named.columns if found[name] is None]
    if empty:
        message = f"column {empty[0]!r} has no value, so it can't say how a model performs"
        raise DataError(message)
    return {name: kind for name, kind in found.items() if kind is not None}


def _with_profile(reference: Reference, uri: str, limits: Drift, named: Named) -> Findings:
    source = _opened(uri, reference.kinds)
    named.check(source.columns, "the current data")
    kinds = {name: kind for name, kind in source.columns.items() if name not in _others(reference, named)}
    found = examine(reference, currents.read(source.batches(), kinds, reference.target, reference.judged), limits)
    if not (named.truth and named.prediction):
        return found
    frame = pl.concat(list(source.batches(named.columns)))
    (current,) = answers([frame], _kinds(source.columns, named), named)
    expected = reference.judged.expected if reference.judged else None
    return replace(found, performance=watch(current, expected, limits.window))


def _others(reference: Reference, named: Named) -> set[str]:
    """Columns of the current data that the model does not read, so that the reference has not got them."""
    names = {*named.columns} - reference.kinds.keys()
    if reference.judged is not None:
        schema = reference.judged.bundle.schema
        names |= {schema.target.name, schema.event_time or "", *schema.sensitive, *schema.excluded}
    return names


def _opened(uri: str, expected: Mapping[str, Kind]) -> Source:
    """The current table; numbers in a column that was a category are read as its levels, text as dates where it can."""
    source = open_table(uri)
    wanted = {
        name: kind
        for name, kind in expected.items()
        if kind in ("category", "date") and source.columns.get(name, kind) != kind
    }
    if not wanted:
        return source
    given: dict[str, Kind] = {}
    for name, kind in wanted.items():
        try:
            _drained(open_table(uri, {name: kind}), name)
        except DataError:
            continue
        given[name] = kind
    return open_table(uri, given)


def _drained(source: Source, name: str) -> None:
    for _ in source.batches([name]):
        pass
