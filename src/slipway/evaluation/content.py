"""What the report and the model card are told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slipway.data.schema import Schema
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.decision import Rule
from slipway.evaluation.explanations import Explanations
from slipway.evaluation.fairness import Treatment
from slipway.evaluation.measure import Measure
from slipway.evaluation.returns import Returns
from slipway.evaluation.slices import Slices
from slipway.evaluation.threshold import DEFAULT
from slipway.evaluation.verdict import Verdict
from slipway.evaluation.wording import short


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found out about the challenger besides its scores; None and empty where it was not looked for.

    Attributes:
        slices: Where it is worse than elsewhere.
        treatments: How the groups of sensitive columns are treated.
        explanations: What its predictions rest on.
        returns: What deciding by it earns.
    """

    slices: Slices | None = None
    treatments: tuple[Treatment, ...] = ()
    explanations: Explanations | None = None
    returns: Returns | None = None


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
        y: Class indices or target of the test rows, shape (n,); charts count every row alike.
        outputs: The challenger's probabilities (n, k) or predictions (n,) for them.
        threshold: The rule that decides; with two classes a probability.
        dropped: Rows that were left out, by reason.
        lineage: Feature to the raw columns that it comes from.
        derived: Column that is made from others to its expression.
        notes: Sentences on how the data was read and what was found.
        purpose: What the model is for, a sentence or more; empty for what the schema alone can say.
        owner: Who answers for it; empty where nobody is named.
        periods: First and last event time of each split; empty without an event time.
        findings: What else was found out about the challenger.
        setting: The settings that the search chose for it.
        costs: What decisions cost, by actual and then by predicted class.
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
    threshold: Rule = 0.5
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lineage: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    derived: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""
    owner: str = ""
    periods: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    setting: Mapping[str, Any] = field(default_factory=dict)
    costs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def importances(self) -> dict[str, float]:
        """Raw column to the mean size of what it adds to or takes from a prediction; empty where not explained."""
        found = self.findings.explanations
        return {} if found is None else {item.column: item.mean for item in found.columns}

    @property
    def cut(self) -> float:
        """The threshold of two classes as a number."""
        return self.threshold if isinstance(self.threshold, float) else DEFAULT

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
