"""The step ``drift``."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.bundle import manifest as manifests
from slipway.data import storage
from slipway.data import table as tables
from slipway.data.source import Source, open_table
from slipway.drift import profile as profiles
from slipway.drift import stored
from slipway.drift.compare import compare
from slipway.drift.comparison import Comparison
from slipway.drift.profile import Profile
from slipway.drift.report import report as report_of
from slipway.features.inputs import inputs
from slipway.spec import Drift, Spec, parse
from slipway.steps import champion as champions
from slipway.steps.contract import TableContract
from slipway.steps.events import step

logger = logging.getLogger(__name__)

NO_CHAMPION = "There is no champion yet, so there is no reference: its training data becomes the first one."


@dataclass(frozen=True, slots=True)
class Result:
    """What ``drift`` found.

    Attributes:
        drifted: Whether any column alarms.
        severity: ``none``, ``warn``, ``alarm``, or ``unknown`` without a champion.
        columns: Names of the columns that alarm.
        metrics: Columns compared and drifted, largest PSI; empty without a champion.
    """

    drifted: bool
    severity: str
    columns: list[str]
    metrics: dict[str, float]


@step
def drift(fields: dict[str, Any], *, table: str, contract: str, report: str, findings: str) -> Result:
    """Compares a table with the reference profile of the champion's training data.

    Args:
        fields: Fields of the spec: name, registry, drift.
        table: The checked table.
        contract: Its contract.
        report: File to write the report to (HTML).
        findings: File to write the same to for machines (JSON).

    Raises:
        BundleError: The champion's bundle is damaged.
        DataError: There are too few rows to compare.
        RegistryError: The registry can't be read.
    """
    spec = parse({"data": "-", "target": "-", **fields}, Spec)
    kinds = TableContract.read(Path(contract)).schema.kinds
    version = champions.find(spec.name, fields.get("registry", ""))
    comparison = None
    if version is not None:
        state = profiles.fit_all((inputs(frame, kinds) for frame in tables.batches(Path(table))), kinds)
        comparison = compare(champions.reference(version, spec.registry), state, spec.drift)
    against = f"the training data of champion v{version.number}" if version else NO_CHAMPION
    storage.write_text(report, report_of(comparison, spec.name, against))
    storage.write_text(findings, comparison.to_json() if comparison else "null")
    return _result(comparison)


def between(reference: str, current: str, limits: Drift, report: Path) -> Comparison:
    """Compares a table with a reference, without a pipeline.

    Args:
        reference: A table, a bundle, or a reference profile (JSON), at any fsspec URI.
        current: A table.
        limits: PSI limits.
        report: File to write the report to (HTML).

    Raises:
        DataError: One of them can't be read, or there are too few rows to compare.
        StorageError: The report can't be written.
    """
    comparison = compare(_reference(reference), _look(open_table(current)), limits)
    storage.write_text(report, report_of(comparison, current, reference))
    return comparison


def _reference(uri: str) -> Profile:
    profile = storage.join(uri, manifests.REFERENCE)
    if uri.endswith(".json"):
        return stored.from_json(storage.read_bytes(uri))
    if storage.exists(profile):
        return stored.from_json(storage.read_bytes(profile))
    return _look(open_table(uri))


def _look(source: Source) -> Profile:
    return profiles.fit_all((inputs(frame, source.columns) for frame in source.batches()), source.columns)


def _result(comparison: Comparison | None) -> Result:
    if comparison is None:
        logger.info("no champion yet, so nothing to compare with")
        return Result(drifted=False, severity="unknown", columns=[], metrics={})
    drifted = list(comparison.drifted)
    logger.info("%s", comparison.sentence)
    return Result(
        drifted=bool(drifted),
        severity=comparison.severity,
        columns=drifted,
        metrics={
            "columns_compared": len(comparison.columns),
            "columns_drifted": len(drifted),
            "largest_psi": max((column.psi for column in comparison.columns), default=0.0),
        },
    )
