"""Current data against a reference: what drifted, by how much, and whether that is more than chance."""

import json
from dataclasses import asdict, dataclass
from typing import Final, Literal

import numpy as np

from slipway.drift import statistics
from slipway.drift.labels import labels
from slipway.drift.profile import Column, Profile, State
from slipway.drift.statistics import Counts
from slipway.errors import DataError
from slipway.evaluation.wording import short
from slipway.spec import Drift

Severity = Literal["none", "warn", "alarm"]

SEVERITIES: Final[tuple[Severity, ...]] = ("none", "warn", "alarm")

MIN_ROWS = 10
"""Fewest rows that can be compared."""

_LEVEL = 0.01
"""Probability of any false finding when nothing has changed; divided by the number of columns (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column changed.

    Attributes:
        name: The column's name.
        severity: ``none``, ``warn`` or ``alarm``.
        psi: Population stability index over bins or levels, missing values included.
        noise: The PSI that chance alone stays below at these sizes.
        ks: Largest distance of the cumulated shares.
        js: Jensen-Shannon distance.
        missing_before: Share of missing values in the reference.
        missing_now: Share of missing values in the current data.
        outside: Share of current values that the reference has none of: other levels, or beyond its range.
        labels: Names of the bins.
        before: Share of the reference in each bin.
        now: Share of the current data in each bin.
        sentence: What happened, in words.
    """

    name: str
    severity: Severity
    psi: float
    noise: float
    ks: float
    js: float
    missing_before: float
    missing_now: float
    outside: float
    labels: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two tables.

    Attributes:
        reference_rows: Rows of the reference.
        current_rows: Rows of the current data.
        columns: Its columns, worst first.
        missing: Columns of the reference that the current data lacks.
        added: Columns that the reference lacks.
    """

    reference_rows: int
    current_rows: int
    columns: tuple[ColumnDrift, ...]
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst of the columns; ``alarm`` when one is missing."""
        if self.missing:
            return "alarm"
        return max((column.severity for column in self.columns), key=SEVERITIES.index, default="none")

    @property
    def drifted(self) -> tuple[str, ...]:
        """Columns that alarm, those that are missing included."""
        return (*self.missing, *(column.name for column in self.columns if column.severity == "alarm"))

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        names = ", ".join(repr(name) for name in self.drifted[:5]) + (", …" if len(self.drifted) > 5 else "")
        if self.drifted:
            return f"{len(self.drifted)} of {len(self.columns) + len(self.missing)} columns drifted: {names}"
        warned = sum(column.severity == "warn" for column in self.columns)
        above = f"; {warned} {'is' if warned == 1 else 'are'} above the warning limit" if warned else ""
        return f"no column of {len(self.columns)} drifted{above}"

    def to_json(self) -> str:
        """The comparison as indented JSON."""
        raw = {"severity": self.severity, "drifted": list(self.drifted), **asdict(self)}
        return json.dumps(raw, indent=2, ensure_ascii=False)


def compare(reference: Profile, current: State, limits: Drift) -> Comparison:
    """Compares rows with a reference.

    A column counts as drifted when its PSI is above the limit and above what chance alone gives at these sizes, so that
    neither many rows nor few rows make an alarm by themselves.

    Args:
        reference: The reference.
        current: What is known of the current rows.
        limits: PSI above which a column is named, and above which it alarms.

    Raises:
        DataError: There are fewer than ``MIN_ROWS`` current rows.
    """
    if current.rows < MIN_ROWS:
        message = (
            f"{current.rows} current rows are too few to compare with the reference; at least {MIN_ROWS} are needed"
        )
        raise DataError(message)
    here = {*current.sketches, *current.levels}
    shared = [column for column in reference.columns if column.name in here and _same_kind(column, current)]
    level = _LEVEL / max(1, len(shared))
    columns = [_column(column, current, limits, level) for column in shared]
    columns.sort(key=lambda item: (-SEVERITIES.index(item.severity), -item.psi, item.name))
    names = {column.name for column in shared}
    return Comparison(
        reference.rows,
        current.rows,
        tuple(columns),
        tuple(column.name for column in reference.columns if column.name not in names),
        tuple(sorted(here - {column.name for column in reference.columns})),
    )


def _same_kind(column: Column, current: State) -> bool:
    return (column.kind == "category") == (column.name in current.levels)


def _column(column: Column, current: State, limits: Drift, level: float) -> ColumnDrift:
    before, now = np.array(column.counts), column.count(current)
    value = statistics.psi(before, now)
    noise = statistics.psi_without_drift(before, now, level)
    severity: Severity = "none"
    if value > noise:
        severity = "alarm" if value > limits.alarm else "warn" if value > limits.warn else "none"
    outside = _outside(column, now)
    shares = [(counts / max(1, counts.sum())).tolist() for counts in (before, now)]
    return ColumnDrift(
        name=column.name,
        severity=severity,
        psi=value,
        noise=noise,
        ks=statistics.kolmogorov_smirnov(before[:-1], now[:-1]),
        js=statistics.jensen_shannon(before, now),
        missing_before=shares[0][-1],
        missing_now=shares[1][-1],
        outside=outside,
        labels=labels(column),
        before=tuple(shares[0]),
        now=tuple(shares[1]),
        sentence=_sentence(column, value, severity, shares[0], shares[1], outside),
    )


def _outside(column: Column, now: Counts) -> float:
    """The share of values, missing ones aside, that the reference has none of, as far as it kept them apart."""
    strange = now[-2] if column.kind == "category" else now[0] + now[-2]
    known = column.kind == "category" and column.counts[-2] > 0
    return 0.0 if known else float(strange / max(1, now[:-1].sum()))


def _sentence(
    column: Column, value: float, severity: Severity, before: list[float], now: list[float], outside: float
) -> str:
    if severity == "none":
        return f"PSI {value:.3f}"
    place = int(np.argmax(np.abs(np.subtract(now, before))))
    moved = f"{short(labels(column)[place], 40)}: {before[place]:.1%} before, {now[place]:.1%} now"
    strange = f"; the reference has none of {outside:.1%} of the values" if outside > 0 else ""
    return f"PSI {value:.3f}; {moved}{strange}"
