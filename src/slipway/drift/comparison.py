"""What a comparison of two tables found."""

import json
from dataclasses import asdict, dataclass, field
from typing import Final, Literal

from slipway.data.schema import Kind

Severity = Literal["none", "warn", "alarm"]

SEVERITIES: Final[tuple[Severity, ...]] = ("none", "warn", "alarm")


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column changed. Bins are a number's ranges or a category's levels; a missing value has a bin of its own.

    Attributes:
        name: The column's name.
        kind: Its kind.
        severity: ``none``, ``warn`` or ``alarm``.
        sentence: What happened, in words.
        psi: Population stability index over the bins: the effect that the limits are set on.
        noise: The PSI that chance alone stays below at these sizes, whatever the number of columns.
        p_value: Probability of such a PSI, or a larger one, when nothing has changed.
        ks: Kolmogorov-Smirnov distance of the values; of a category, the total variation distance over its bins.
        wasserstein: Wasserstein-1 distance of the values, in the column's own unit (dates in seconds); None for a
            category, or without values on both sides.
        js: Jensen-Shannon distance over the bins, to base 2.
        chi_square: Pearson's statistic of homogeneity over the bins.
        missing_before: Share of missing values in the reference.
        missing_now: Share of missing values in the current data.
        infinite_now: Share of infinite values in the current data; they count as missing.
        unseen: Share of current values whose level the reference has not; 0 for a number.
        below: Share of current values below the reference's smallest; 0 for a category.
        above: Share of current values above the reference's largest; 0 for a category.
        importance: The column's share of what the model relies on; None when that is not known.
        rows_needed: Current rows that are needed to see a PSI at the alarm limit; None when the reference itself has
            too few rows for that.
        error: How far ``ks`` can be from its exact value because sketches were compared; 0 for two tables.
        labels: Names of the bins.
        before: Share of the reference in each bin.
        now: Share of the current data in each bin.
    """

    name: str
    kind: Kind
    severity: Severity
    sentence: str
    psi: float
    noise: float
    p_value: float
    ks: float
    wasserstein: float | None
    js: float
    chi_square: float
    missing_before: float
    missing_now: float
    infinite_now: float
    unseen: float
    below: float
    above: float
    importance: float | None
    rows_needed: int | None
    error: float
    labels: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]

    @property
    def outside(self) -> float:
        """Share of current values that the reference has none of: other levels, or beyond its range."""
        return self.unseen + self.below + self.above


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two tables.

    Attributes:
        reference_rows: Rows of the reference.
        current_rows: Rows of the current data.
        columns: Its columns, worst first.
        missing: Columns of the reference that the current data lacks, or has in another kind.
        added: Columns that the reference lacks.
        retyped: Those of the missing columns that are there in another kind, with both kinds in words.
    """

    reference_rows: int
    current_rows: int
    columns: tuple[ColumnDrift, ...]
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    retyped: dict[str, str] = field(default_factory=dict)

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
    def rows_needed(self) -> int | None:
        """Current rows that are needed to see an alarming PSI in every column; None when no number of rows would do."""
        needed = [column.rows_needed for column in self.columns]
        return None if None in needed else max((rows for rows in needed if rows is not None), default=0)

    @property
    def advice(self) -> str:
        """What the window is too small to say, in a sentence; empty when it is large enough."""
        short = [column for column in self.columns if (column.rows_needed or self.current_rows + 1) > self.current_rows]
        if not short:
            return ""
        hungry = max(short, key=lambda column: (column.rows_needed is None, column.rows_needed or 0))
        many = f" and {len(short) - 1} more" if len(short) > 1 else ""
        if hungry.rows_needed is None:
            return (
                f"the reference's {self.reference_rows:,} rows are too few to see an alarming shift in column "
                f"{hungry.name!r}{many}, whatever the number of current rows"
            )
        return (
            f"{self.current_rows:,} current rows are too few to be sure of seeing an alarming shift in column "
            f"{hungry.name!r}{many}; at least {hungry.rows_needed:,} are needed"
        )

    @property
    def infinite(self) -> str:
        """Which columns have infinite values, in a sentence; empty without any."""
        found = [column for column in self.columns if column.infinite_now > 0]
        if not found:
            return ""
        most = max(found, key=lambda column: column.infinite_now)
        many = f", and so are values of {len(found) - 1} more columns" if len(found) > 1 else ""
        return f"{most.infinite_now:.3%} of the values of column {most.name!r} are infinite and count as missing{many}"

    @property
    def later(self) -> str:
        """Which dates are later than the reference's, in a sentence; empty without any that is named."""
        found = [one.name for one in self.columns if one.kind == "date" and one.above > 0 and one.severity != "none"]
        if not found:
            return ""
        return f"the dates of column {found[0]!r} go on; if they say when a row was made, name it as the column of time"

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        names = ", ".join(repr(name) for name in self.drifted[:5]) + (", …" if len(self.drifted) > 5 else "")
        if self.drifted:
            return f"{len(self.drifted):,} of {len(self.columns) + len(self.missing):,} columns drifted: {names}"
        warned = sum(column.severity == "warn" for column in self.columns)
        above = f"; {warned} {'is' if warned == 1 else 'are'} above the warning limit" if warned else ""
        return f"no column of {len(self.columns):,} drifted{above}"

    def to_json(self) -> str:
        """The comparison as indented JSON."""
        raw = {"severity": self.severity, "drifted": list(self.drifted), **asdict(self)}
        return json.dumps(raw, indent=2, ensure_ascii=False)
