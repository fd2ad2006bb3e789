"""Everything that a look at current data found."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from slipway.drift.classifier import Separation
from slipway.drift.comparison import SEVERITIES, ColumnDrift, Comparison, Severity
from slipway.drift.estimate import LIMITS, Estimated
from slipway.drift.multivariate import Multivariate
from slipway.drift.performance import Performance

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found; what was not looked at is None or empty, and ``notes`` says why.

    Attributes:
        data: The columns that the model reads.
        predictions: What the model answers; None without predictions on both sides.
        target: The truth; None where it is not on both sides.
        multivariate: How columns hang together.
        separation: What a classifier made of the two tables; None unless both are at hand.
        performance: Scores over time; None without the truth.
        estimated: Scores that are expected without the truth.
        notes: Sentences on what was not looked at, and on what the data is too small to say.
    """

    data: Comparison
    predictions: Comparison | None = None
    target: Comparison | None = None
    multivariate: Multivariate | None = None
    separation: Separation | None = None
    performance: Performance | None = None
    estimated: tuple[Estimated, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> dict[str, tuple[Severity, str]]:
        """Each thing that was looked at, with its severity and what was found in a line."""
        named = {
            "data": self.data,
            "predictions": self.predictions,
            "target": self.target,
            "multivariate": self.multivariate,
            "classifier": self.separation,
            "performance": self.performance,
        }
        found = {name: (part.severity, part.sentence) for name, part in named.items() if part is not None}
        if self.estimated:
            found["estimate"] = self._estimate()
        return found

    @property
    def severity(self) -> Severity:
        """The worst of all."""
        return max((severity for severity, _ in self.parts.values()), key=SEVERITIES.index)

    @property
    def drifted(self) -> bool:
        """Whether anything alarms."""
        return self.severity == "alarm"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that alarm, alone or together, each once."""
        names = list(self.data.drifted)
        if self.target is not None:
            names += self.target.drifted
        if self.multivariate is not None:
            names += [name for pair in self.multivariate.pairs if pair.severity == "alarm" for name in pair.columns]
        if self.separation is not None and self.separation.severity == "alarm":
            names += [name for name, _ in self.separation.columns]
        return tuple(dict.fromkeys(names))

    @property
    def sentence(self) -> str:
        """What was found, in a line: the worst first, and of those the data itself."""
        severity = self.severity
        return "; ".join(said for found, said in self.parts.values() if found == severity)

    @property
    def metrics(self) -> dict[str, float]:
        """Numbers for a dashboard."""
        return dict(self._metrics())

    def to_json(self) -> str:
        """Everything as indented JSON; ``slipway schema drift`` describes it."""
        return json.dumps(self.to_raw(), indent=2, ensure_ascii=False, allow_nan=False)

    def to_raw(self) -> dict[str, Any]:
        """Everything, made of what JSON has."""
        head = {
            "format": FORMAT,
            "severity": self.severity,
            "drifted": self.drifted,
            "columns": list(self.columns),
            "sentence": self.sentence,
            "parts": {name: {"severity": severity, "sentence": said} for name, (severity, said) in self.parts.items()},
        }
        limits = LIMITS if self.estimated else ""
        return {**head, "findings": _finite(asdict(self)), "limits_of_the_estimate": limits}

    def _estimate(self) -> tuple[Severity, str]:
        worse = [one for one in self.estimated if one.worse]
        first = (worse or list(self.estimated))[0]
        said = f"{first.title} is estimated at {first.score.estimate:.3f} without the truth"
        expected = f"; it was {first.expected.estimate:.3f}" if first.expected else ""
        return ("warn" if worse else "none"), said + expected

    def _metrics(self) -> Iterator[tuple[str, float]]:
        yield "columns_compared", len(self.data.columns)
        yield "columns_drifted", len(self.data.drifted)
        yield "largest_psi", max((column.psi for column in self.data.columns), default=0.0)
        for name, part in (("prediction_psi", self.predictions), ("target_psi", self.target)):
            if part is not None:
                yield name, max((column.psi for column in part.columns), default=0.0)
        if self.multivariate is not None:
            yield "largest_pair_psi", max((pair.psi for pair in self.multivariate.pairs), default=0.0)
            yield "reconstruction_error", self.multivariate.reconstruction.now
        if self.separation is not None:
            yield "classifier_auc", self.separation.auc
        if self.performance is not None:
            yield from ((one.name, one.overall.estimate) for one in self.performance.metrics if one.overall)
        yield from ((f"estimated_{one.name}", one.score.estimate) for one in self.estimated)


def lift(comparison: Comparison, name: str) -> tuple[Comparison, Comparison | None]:
    """A comparison without a column, and one of that column alone; one that is there in another kind stays named.

    Args:
        comparison: A comparison of all columns.
        name: The column.

    Returns:
        The second is None where the column is not on both sides.
    """
    others, own = _partition(comparison.columns, name)
    missing = tuple(other for other in comparison.missing if other != name or other in comparison.retyped)
    added = tuple(other for other in comparison.added if other != name)
    alone = replace(comparison, columns=own, missing=(), added=(), retyped={}) if own else None
    return replace(comparison, columns=others, missing=missing, added=added), alone


def _finite(value: Any) -> Any:
    """The same with null for numbers that JSON has not."""
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _partition(columns: tuple[ColumnDrift, ...], name: str) -> tuple[tuple[ColumnDrift, ...], tuple[ColumnDrift, ...]]:
    return tuple(column for column in columns if column.name != name), tuple(
        column for column in columns if column.name == name
    )
