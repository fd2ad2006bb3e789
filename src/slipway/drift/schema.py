"""The published shape of ``Findings.to_json``."""

from dataclasses import dataclass

from slipway.drift.comparison import Severity
from slipway.drift.findings import Findings


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that was looked at.

    Attributes:
        severity: ``none``, ``warn`` or ``alarm``.
        sentence: What was found.
    """

    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True)
class Document:
    """The whole document.

    Attributes:
        format: Version of this shape; it changes when a field is removed or means something else.
        severity: The worst of all parts.
        drifted: Whether anything alarms.
        columns: The columns that alarm.
        sentence: What was found.
        parts: Each thing that was looked at.
        findings: The numbers.
        limits_of_the_estimate: What an estimate without the truth can't see; empty without one.
    """

    format: int
    severity: Severity
    drifted: bool
    columns: list[str]
    sentence: str
    parts: dict[str, Part]
    findings: Findings
    limits_of_the_estimate: str
