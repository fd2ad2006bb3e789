"""Current data against a reference: what drifted, by how much, and whether that is more than chance."""

from collections.abc import Mapping, Sequence

import numpy as np

from slipway.data.schema import Kind
from slipway.drift import importance, significance, statistics
from slipway.drift import profile as profiles
from slipway.drift.comparison import SEVERITIES, ColumnDrift, Comparison, Severity
from slipway.drift.kinds import comparable
from slipway.drift.measure import Measured, measure
from slipway.drift.profile import Column, Profile
from slipway.drift.significance import Chance
from slipway.errors import DataError
from slipway.evaluation.wording import short
from slipway.spec import Drift
from slipway.spec.drift import Limits

MIN_ROWS = 10
"""Fewest rows that can be compared."""


def compare(
    reference: Profile, current: Profile, limits: Drift, importances: Mapping[str, float] | None = None
) -> Comparison:
    """Compares rows with a reference.

    Args:
        reference: The reference.
        current: What is known of the current rows.
        limits: PSI above which a column is named, and above which it alarms.
        importances: How much the model relies on each column; by default what the reference says.

    Raises:
        DataError: There are fewer than ``MIN_ROWS`` rows on a side.
    """
    here = {column.name: column for column in current.columns}
    pairs = [_alike(column, here[column.name]) for column in reference.columns if column.name in here]
    return judge(
        [measure(before, now) for before, now in pairs if comparable(before.kind, now.kind)],
        (reference.rows, current.rows),
        reference.kinds,
        current.kinds,
        limits,
        reference.importances if importances is None else importances,
    )


def judge(
    measured: Sequence[Measured],
    rows: tuple[int, int],
    expected: Mapping[str, Kind | None],
    found: Mapping[str, Kind | None],
    limits: Drift,
    importances: Mapping[str, float],
) -> Comparison:
    """The verdict on measured columns.

    A column is named, or alarms, when its PSI is above the limit and it is a discovery among all columns: more than
    chance gives at these sizes. So neither many rows, few rows nor many columns make an alarm by themselves. One that
    the model hardly relies on is named, but never alarms.

    Args:
        measured: The columns that both tables have.
        rows: Rows of the reference and of the current data.
        expected: Name to kind of the reference's columns; None for one without any value.
        found: Likewise, of the current data's.
        limits: PSI above which a column is named, and above which it alarms.
        importances: How much the model relies on each column, in any unit; empty when that is not known.

    Raises:
        DataError: There are fewer than ``MIN_ROWS`` rows on a side.
    """
    for count, side in zip(rows, ("reference", "current"), strict=True):
        if count < MIN_ROWS:
            message = f"{count} {side} rows are too few to compare; at least {MIN_ROWS} are needed on either side"
            raise DataError(message)
    if expected and not expected.keys() & found.keys():
        raise DataError(_strangers([*expected], [*found]))
    shares = importance.shares([column.name for column in measured], importances if limits.importance else {})
    chances = [_chance(column, limits.of(column.name)) for column in measured]
    p_values = [chance.beyond(column.psi) for column, chance in zip(measured, chances, strict=True)]
    changed = significance.discoveries(np.array(p_values), significance.weights_of(shares), limits.false_discoveries)
    level = significance.strictest(max(1, len(measured)), limits.false_discoveries)
    columns = [
        _drift(
            column,
            chance,
            p_value,
            share,
            _severity(column.psi, limits.of(column.name), ignored=importance.is_ignored(share, len(measured), limits))
            if real
            else "none",
            limits.of(column.name),
            level,
        )
        for column, chance, p_value, share, real in zip(measured, chances, p_values, shares, changed, strict=True)
    ]
    columns.sort(key=lambda item: (-SEVERITIES.index(item.severity), -item.psi, item.name))
    names = {column.name for column in measured}
    return Comparison(
        *rows,
        tuple(columns),
        tuple(name for name in expected if name not in names),
        tuple(sorted(found.keys() - expected.keys())),
        {name: f"{kind} before, {found[name]} now" for name, kind in expected.items() if name in found.keys() - names},
    )


def _alike(before: Column, now: Column) -> tuple[Column, Column]:
    """The same, with a column of nothing but nulls as one of the other's kind."""
    if comparable(before.kind, now.kind):
        return before, now
    if now.nulls == now.rows:
        return before, profiles.empty(now.name, before.kind, now.rows)
    return (profiles.empty(before.name, now.kind, before.rows) if before.nulls == before.rows else before), now


def _strangers(expected: Sequence[str], found: Sequence[str]) -> str:
    ours, theirs = (", ".join(repr(short(name)) for name in names[:5]) for names in (expected, found))
    return (
        f"the tables have no column in common, so there is nothing to compare: the reference has {ours}, the current "
        f"data {theirs}; is it the right table?"
    )


def _chance(column: Measured, limits: Limits) -> Chance:
    if column.psi <= limits.warn or significance.is_certain(column.psi, column.before, column.now):
        return significance.of_large_samples(column.before, column.now)
    return significance.by_resampling(column.before, column.now)


def _severity(psi: float, limits: Limits, *, ignored: bool) -> Severity:
    if psi <= limits.warn:
        return "none"
    return "alarm" if psi > limits.alarm and not ignored else "warn"


def _drift(
    column: Measured,
    chance: Chance,
    p_value: float,
    share: float | None,
    severity: Severity,
    limits: Limits,
    level: float,
) -> ColumnDrift:
    before, now = (counts / max(1, counts.sum()) for counts in (column.before, column.now))
    some = max(1, int(column.now[:-1].sum()))
    number = column.bins.kind != "category"
    return ColumnDrift(
        name=column.name,
        kind=column.bins.kind,
        severity=severity,
        sentence=_sentence(column, severity, before.tolist(), now.tolist()),
        psi=column.psi,
        noise=chance.quantile(level),
        p_value=p_value,
        ks=column.ks,
        wasserstein=column.wasserstein,
        js=statistics.jensen_shannon(column.before, column.now),
        chi_square=statistics.chi_square(column.before, column.now),
        missing_before=float(before[-1]),
        missing_now=float(now[-1]),
        infinite_now=column.infinite / max(1, int(column.now.sum())),
        unseen=column.unseen,
        below=float(column.now[0] / some) if number else 0.0,
        above=float(column.now[-2] / some) if number else 0.0,
        importance=share,
        rows_needed=significance.rows_needed(column.before, limits.alarm, level),
        error=column.error,
        labels=column.labels,
        before=tuple(before.tolist()),
        now=tuple(now.tolist()),
    )


def _sentence(column: Measured, severity: Severity, before: list[float], now: list[float]) -> str:
    if severity == "none":
        return f"PSI {column.psi:.3f}"
    place = int(np.argmax(np.abs(np.subtract(now, before))))
    moved = f"{short(column.labels[place], 40)}: {before[place]:.1%} before, {now[place]:.1%} now"
    some = max(1, int(column.now[:-1].sum()))
    beyond = float(column.now[0] + column.now[-2]) / some if column.bins.kind != "category" else column.unseen
    strange = f"; the reference has none of {beyond:.1%} of the values" if beyond > 0 else ""
    return f"PSI {column.psi:.3f}; {moved}{strange}"
