"""What the report and the model card are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from slipway.data.schema import Schema
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.measure import Measure
from slipway.evaluation.verdict import Verdict
from slipway.evaluation.wording import short


@dataclass(frozen=True, slots=True)
class ReportData:
    """One run, as the report and the model card tell it.

    Attributes:
        name: Name of the model.
        data: Where the table came from.
        fingerprint: sha256 of the table's files, hex.
        created: When the run happened; shown in UTC.
        schema: Input columns, target and what was left out.
        counts: Rows of each split: train, validation, test.
        verdict: What was decided.
        measures: Every metric of the challenger on the test rows.
        y: Class indices or target of the test rows, shape (n,).
        outputs: The challenger's probabilities (n, k) or predictions (n,) for them.
        threshold: Probability from which a binary prediction is the positive class.
        dropped: Rows that were left out, by reason.
        lineage: Feature to the raw columns that it comes from.
        derived: Column that is made from others to its expression.
        notes: Sentences on how the data was read and what was found.
        purpose: What the model is for, a sentence or more; empty for what the schema alone can say.
        rollback: How to go back to an earlier version, a sentence or more of Markdown; empty for the general advice.
    """

    name: str
    data: str
    fingerprint: str
    created: datetime
    schema: Schema
    counts: Mapping[str, int]
    verdict: Verdict
    measures: tuple[Measure, ...]
    y: Floats | Ints
    outputs: Floats
    threshold: float = 0.5
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lineage: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""
    rollback: str = ""

    @property
    def when(self) -> str:
        """When the run happened, in UTC to the minute."""
        return self.created.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")

    @property
    def task(self) -> str:
        """What is predicted, in words."""
        target = self.schema.target
        name = short(target.name, 60)
        if target.task == "regression":
            return f"the number in column {name!r}"
        if target.task == "binary":
            return f"the probability that column {name!r} is {short(target.classes[1], 60)!r}"
        return f"which of {len(target.classes)} classes column {name!r} has"
