"""The step ``drift``."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.data import storage
from slipway.data import table as tables
from slipway.drift import prometheus
from slipway.drift.findings import Findings
from slipway.drift.report import report as report_of
from slipway.spec import Spec, parse
from slipway.steps import champion as champions
from slipway.steps import current as currents
from slipway.steps import reference as references
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.steps.examine import examine

logger = logging.getLogger(__name__)

NO_CHAMPION = "There is no champion yet, so there is no reference: its training data becomes the first one."


@dataclass(frozen=True, slots=True)
class Result:
    """What ``drift`` found.

    Attributes:
        drifted: Whether anything alarms.
        severity: ``none``, ``warn``, ``alarm``, or ``unknown`` without a champion.
        columns: Names of the columns that alarm.
        metrics: Columns compared and drifted, largest PSI, scores; empty without a champion.
    """

    drifted: bool
    severity: str
    columns: list[str]
    metrics: dict[str, float]


@step
def drift(
    fields: dict[str, Any],
    *,
    table: str,
    contract: str,
    report: str,
    findings: str,
    prometheus_text: str = "",
    gateway: str = "",
) -> Result:
    """Compares a table with the reference profile of the champion's training data.

    Args:
        fields: Fields of the spec: name, registry, drift.
        table: The checked table.
        contract: Its contract.
        report: File to write the report to (HTML).
        findings: File to write the same to for machines (JSON).
        prometheus_text: File to write metrics to in Prometheus' text format; empty for none.
        gateway: Address of a Pushgateway to push them to; empty for none.

    Raises:
        BundleError: The champion's bundle is damaged.
        DataError: There are too few rows to compare.
        RegistryError: The registry can't be read.
        StorageError: A file can't be written, or the gateway does not take the metrics.
    """
    spec = parse({"data": "-", "target": "-", **fields}, Spec)
    version = champions.find(spec.name, fields.get("registry", ""))
    found = None
    if version is not None:
        reference = references.of_version(version, spec.registry)
        kinds = TableContract.read(Path(contract)).schema.kinds
        current = currents.read(
            tables.batches(Path(table)), kinds, reference.together, reference.target, reference.judged
        )
        found = examine(reference, current, spec.drift)
    against = f"the training data of champion v{version.number}" if version else NO_CHAMPION
    storage.write_text(report, report_of(found, spec.name, against))
    storage.write_text(findings, found.to_json() if found else "null")
    if prometheus_text:
        storage.write_bytes(prometheus_text, prometheus.text(found, spec.name) if found else b"")
    if gateway and found:
        prometheus.push(found, spec.name, gateway)
    return _result(found)


def _result(found: Findings | None) -> Result:
    if found is None:
        logger.info("no champion yet, so nothing to compare with")
        return Result(drifted=False, severity="unknown", columns=[], metrics={})
    logger.info("%s", found.sentence)
    return Result(found.drifted, found.severity, list(found.columns), found.metrics)
