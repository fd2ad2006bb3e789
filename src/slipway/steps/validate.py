"""The step ``validate``."""

import logging
from pathlib import Path
from typing import Any

from slipway.data import contract as contracts
from slipway.data import storage
from slipway.data import table as tables
from slipway.data.fingerprint import fingerprint as fingerprint_of
from slipway.data.source import open_table
from slipway.errors import DataError
from slipway.evaluation.wording import markdown
from slipway.spec import Spec, parse
from slipway.steps.contract import TableContract
from slipway.steps.events import step

logger = logging.getLogger(__name__)


@step
def validate(
    fields: dict[str, Any], *, table: str, contract: str, findings: str, fingerprint: str = ""
) -> dict[str, float]:
    """Reads a table, settles its column types, checks it and writes it as Parquet.

    Args:
        fields: Fields of the spec: data, target, task, positive, event_time, identifiers, sensitive, consent, types,
            quality.
        table: Folder to write the checked table to.
        contract: File to write the contract to.
        findings: Markdown file to write what was found to.
        fingerprint: What the data's fingerprint must be; empty for any.

    Returns:
        Counts: rows, columns, rows dropped, columns left out.

    Raises:
        DataError: The data can't be read or used, or changed since its fingerprint was taken.
        GateError: The data is outside of the limits in ``quality``.
    """
    spec = parse({"name": "model", **fields}, Spec)
    found = _same(fingerprint, spec)
    source = open_table(spec.data, spec.types, ignore=spec.identifiers)
    examined = contracts.examine(source, spec)
    for note in examined.notes:
        logger.info("%s", note)
    rows = tables.write((contracts.keep(batch, spec, examined.schema) for batch in source.batches()), Path(table))
    _same(found, spec)
    TableContract(
        schema=examined.schema,
        fields=fields,
        fingerprint=found,
        rows=rows,
        dropped=examined.dropped,
        notes=examined.notes,
    ).write(Path(contract))
    storage.write_text(findings, _markdown(examined))
    logger.info("%s rows, %d columns", f"{rows:,}", len(examined.schema.columns))
    return {
        "rows": rows,
        "columns": len(examined.schema.columns),
        "rows_dropped": sum(examined.dropped.values()),
        "columns_left_out": len(examined.schema.excluded),
    }


def _same(before: str, spec: Spec) -> str:
    """The data's fingerprint now, which must be what it was before, if that is known."""
    now = fingerprint_of(spec.data)
    if before and now != before:
        message = (
            f"the data at {spec.data!r} changed while the run was under way: "
            f"its fingerprint is {now[:12]}, not {before[:12]}; run again"
        )
        raise DataError(message)
    return now


def _markdown(examined: contracts.Contract) -> str:
    lines = ["# What was checked", "", "| | check | column | found |", "|---|---|---|---|"]
    for finding in examined.findings:
        mark = "✓" if finding.passed else "-"
        lines.append(f"| {mark} | {finding.check} | {markdown(finding.column)} | {markdown(finding.sentence)} |")
    lines += ["", f"{examined.rows:,} rows and {len(examined.schema.columns)} input columns are kept.", ""]
    return "\n".join([*lines, *(f"- {markdown(note)}" for note in examined.notes), ""])
