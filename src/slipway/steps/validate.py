"""The step ``validate``."""

import logging
from pathlib import Path
from typing import Any

from slipway.data import contract as contracts
from slipway.data import inspection, storage
from slipway.data import table as tables
from slipway.data.contract import Contract
from slipway.data.evolution import Known
from slipway.data.located import Located, locate
from slipway.data.report import report
from slipway.data.source import Source, open_located
from slipway.data.usable import NO_CONSENT
from slipway.errors import DataError
from slipway.spec import Spec, parse
from slipway.steps import champion as champions
from slipway.steps.contract import TableContract
from slipway.steps.events import step

logger = logging.getLogger(__name__)

REFUSED = "refused"
"""Folder of the registry, below the model's name, where the reports on data that was refused are kept."""


@step
def validate(
    fields: dict[str, Any], *, table: str, contract: str, findings: str, fingerprint: str = ""
) -> dict[str, float]:
    """Reads a table, settles its column types, checks it and writes it as Parquet.

    Args:
        fields: Fields of the spec: name, registry, data, target, task, positive, event_time, entity, weight,
            identifiers, sensitive, sensitive_features, consent, types, origin, quality, evolution.
        table: Folder to write the checked table to.
        contract: File to write the contract to.
        findings: File to write the report to (HTML); it is written too when the data is refused.
        fingerprint: What the data's fingerprint must be; empty for any.

    Returns:
        Counts: rows, columns, rows dropped, rows without consent, columns left out.

    Raises:
        DataError: The data can't be read or used, or changed since its fingerprint was taken.
        GateError: The data is outside of the limits of ``quality`` or ``evolution``.
        BundleError: The champion's bundle is damaged.
    """
    spec = parse({"name": "model", "registry": "", **fields}, Spec)
    located = locate(spec.data, spec.origin)
    found = _same(fingerprint, located, spec)
    source = open_located(located, spec.types, ignore=spec.identifiers)
    seen = inspection.inspect(source, spec, _known(spec))
    if seen.failed:
        storage.write_text(findings, report(spec, seen, found))
        inspection.refuse(seen.findings, _kept(spec, Path(findings), found))
    examined = contracts.settle(source, spec, seen)
    for note in examined.notes:
        logger.info("%s", note)
    _write(source, spec, examined, Path(table))
    _same(found, located, spec)
    TableContract(
        schema=examined.schema,
        fields=fields,
        fingerprint=found,
        rows=examined.rows,
        dropped=examined.dropped,
        notes=examined.notes,
    ).write(Path(contract))
    storage.write_text(findings, report(spec, seen, found, examined))
    logger.info("%s rows, %d columns", f"{examined.rows:,}", len(examined.schema.columns))
    return {
        "rows": examined.rows,
        "columns": len(examined.schema.columns),
        "rows_dropped": sum(examined.dropped.values()),
        "rows_without_consent": examined.dropped.get(NO_CONSENT, 0),
        "columns_left_out": len(examined.schema.excluded),
    }


def _write(source: Source, spec: Spec, examined: Contract, folder: Path) -> None:
    tables.write((contracts.keep(batch, spec, examined.schema) for batch in source.batches()), folder)


def _known(spec: Spec) -> Known | None:
    """What the champion knows, from its verified bundle; None before the first promotion."""
    version = champions.find(spec.name, spec.registry)
    return Known(f"champion v{version.number}", champions.schema(version, spec.registry)) if version else None


def _kept(spec: Spec, written: Path, found: str) -> str:
    """Where the report on refused data is: in the registry where there is one, for a failed pod hands out nothing."""
    if not spec.registry:
        return str(written)
    place = storage.join(spec.registry, spec.name, REFUSED, f"{found[:12]}.html")
    storage.write_bytes(place, written.read_bytes())
    return place


def _same(before: str, located: Located, spec: Spec) -> str:
    """The data's fingerprint now, which must be what it was before, if that is known."""
    now = located.fingerprint
    if before and now != before:
        message = (
            f"the data at {spec.data!r} changed while the run was under way: "
            f"its fingerprint is {now[:12]}, not {before[:12]}; run again"
        )
        raise DataError(message)
    return now
