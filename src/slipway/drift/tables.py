"""A table that is at hand against another, or against a profile: everything that can be found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from slipway.data import rows as some
from slipway.data.columns import Columns
from slipway.data.schema import Kind
from slipway.drift import between, classifier, dependence, multivariate, scores
from slipway.drift import sample as samples
from slipway.drift.answers import Answers
from slipway.drift.comparison import Comparison
from slipway.drift.estimate import estimate
from slipway.drift.findings import Findings, lift
from slipway.drift.kinds import shared
from slipway.drift.named import Named, answers, kinds_of, probabilities
from slipway.drift.performance import watch
from slipway.drift.profile import Profile
from slipway.drift.sample import Sample
from slipway.drift.severity import unused
from slipway.features.inputs import inputs
from slipway.spec import Drift

_NO_ESTIMATE = "the truth of the current rows is not known, and only probabilities of two classes say how sure they are"


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
    kinds = {name: kind for name, kind in shared(before.kinds, now.kinds).items() if name not in named.columns}
    together = _together(before, kinds, known)
    now, current = _drawn(now, together, seed=1)
    if isinstance(before, Profile):
        data = between.compare(before, now, limits, known)
        found = Findings(data, multivariate=multivariate.compare(before.dependence, current(), limits))
    else:
        before, reference = _drawn(before, together, seed=0)
        data = between.compare(before, now, limits, known)
        found = _with_rows(data, reference(), current(), together, limits)
    target = predictions = None
    if named.truth:
        data, target = lift(data, named.truth)
    if named.prediction:
        data, predictions = lift(data, named.prediction)
    if named.time:
        data, _ = lift(data, named.time)
    found = replace(found, data=data, predictions=predictions, target=target)
    if named.truth and named.prediction:
        found = _over_time(found, before, now, limits, named)
    notes = (
        *found.notes,
        data.infinite,
        data.later,
        data.advice,
        samples.note(kinds, known),
        unused(limits, before.kinds),
    )
    return replace(found, notes=tuple(note for note in notes if note))


def _together(before: Columns | Profile, kinds: Mapping[str, Kind], known: Mapping[str, float]) -> dict[str, Kind]:
    """The columns that are looked at together, with their kinds."""
    if not isinstance(before, Profile):
        return {name: kinds[name] for name in samples.names(kinds, known)}
    names = before.dependence.columns if before.dependence else ()
    return {name: kinds[name] for name in names if name in kinds}


def _with_rows(
    data: Comparison, reference: Sample, current: Sample, kinds: Mapping[str, Kind], limits: Drift
) -> Findings:
    with threadpool_limits(1):  # several threads take longer for so few rows
        return Findings(
            data,
            multivariate=multivariate.compare(dependence.fit(reference, kinds), current, limits),
            separation=classifier.separate(reference, current, kinds, limits) if limits.classifier else None,
        )


def _drawn(table: Columns, kinds: Mapping[str, Kind], seed: int) -> tuple[Columns, Callable[[], Sample]]:
    """The table, and what gives a sample of it when it has been read."""
    read, rows = some.aside(table, kinds, some.choose(table.rows, samples.ROWS, seed))

    def sample() -> Sample:
        if not kinds:
            return Sample(table.rows, np.empty(0), {})
        drawn = samples.fit(inputs(rows(), kinds), list(kinds), np.random.default_rng(seed))
        return replace(drawn, rows=table.rows)

    return read, sample


def _over_time(found: Findings, before: Columns | Profile, now: Columns, limits: Drift, named: Named) -> Findings:
    """The same with scores: those of rows whose truth is known, else those that are to be expected."""
    if isinstance(before, Profile):
        return replace(found, performance=watch(_answers([now], now, named)[0], None, limits.window))
    if named.truth in now.kinds:
        judged, current = _answers([before, now], now, named)
        return replace(found, performance=watch(current, scores.expected(judged), limits.window))
    (judged,) = _answers([before], before, named)
    if judged.task != "binary" or not judged.probabilities:
        return replace(found, notes=(_NO_ESTIMATE,))
    said = _rows(now, {named.prediction: "number"})[named.prediction].drop_nulls()
    estimated = estimate("binary", probabilities(said), named.threshold, scores.expected(judged))
    return replace(found, estimated=estimated)


def _answers(tables: Sequence[Columns], kinds_from: Columns, named: Named) -> list[Answers]:
    kinds = kinds_of(kinds_from.kinds, named)
    return answers([_rows(table, {name: kinds[name] for name in named.columns}) for table in tables], kinds, named)


def _rows(table: Columns, kinds: Mapping[str, Kind]) -> pl.DataFrame:
    return some.take(table, kinds, np.arange(table.rows))
