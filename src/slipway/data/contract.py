"""What a table promises: its schema, the rows that are kept, and what was found on the way."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from slipway.data import named
from slipway.data import target as targets
from slipway.data.exclusion import column_of, counts_rows, excluded
from slipway.data.finding import Finding
from slipway.data.inspection import Inspection
from slipway.data.schema import Schema
from slipway.data.source import Source
from slipway.data.summary import Summary
from slipway.data.usable import NO_CONSENT, NO_ENTITY, NO_TARGET, usable
from slipway.errors import DataError
from slipway.spec import Spec


@dataclass(frozen=True, slots=True)
class Contract:
    """What a table promises.

    Attributes:
        schema: The columns, the target, what is left out and why.
        rows: Rows that are kept.
        dropped: Rows dropped for each reason.
        notes: What was done, in sentences.
        findings: How each check went.
    """

    schema: Schema
    rows: int
    dropped: dict[str, int]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]


def settle(source: Source, spec: Spec, seen: Inspection) -> Contract:
    """Decides what is an input and what is left out.

    Args:
        source: The table.
        spec: The spec.
        seen: What ``inspect`` found.

    Raises:
        DataError: The weights are none, the target can't be predicted, or no column is left to predict it from.
    """
    summary = seen.summary
    _check_weight(spec.weight, summary)
    target = targets.resolve(spec, summary[spec.target])
    left_out = dict(excluded(source, spec, summary, seen.rows))
    inputs = [name for name in source.columns if name not in left_out and name != spec.target]
    if not inputs:
        reasons = "; ".join(f"{name!r}: {reason}" for name, reason in left_out.items())
        message = f"no column is left to predict {spec.target!r} from ({reasons or 'there is no other column'})"
        raise DataError(message)
    schema = Schema(
        columns=tuple(column_of(name, summary[name]) for name in inputs),
        target=target,
        event_time=spec.event_time or None,
        entity=spec.entity or None,
        weight=spec.weight or None,
        sensitive=named.sensitive(spec),
        excluded=left_out,
    )
    notes = [*source.notes, *_notes(seen.dropped, left_out, spec), *_suspicions(summary, inputs, seen.rows)]
    findings = [Finding("column", name, "noted", f"left out: {reason}") for name, reason in left_out.items()]
    return Contract(schema, seen.rows, seen.dropped, tuple(notes), (*seen.findings, *findings))


def keep(frame: pl.DataFrame, spec: Spec, schema: Schema) -> pl.DataFrame:
    """The rows that may be used, and the columns that later steps need."""
    others = (schema.event_time, schema.entity, schema.weight)
    names = [*schema.names, schema.target.name, *schema.sensitive, *(name for name in others if name)]
    kept, _ = usable(frame, spec)
    return pl.DataFrame([kept[name] for name in dict.fromkeys(names)])


def _check_weight(name: str, summary: dict[str, Summary]) -> None:
    if not name:
        return
    column = summary[name]
    if column.nulls:
        wrong = f"is missing or not finite in {column.nulls:,} rows"
    elif column.minimum is not None and column.minimum < 0:
        wrong = f"is {column.minimum:g} in a row"
    elif column.maximum == 0:
        wrong = "is 0 in every row"
    else:
        return
    message = f"column {name!r} is the weight, but {wrong}; a weight is a number of zero or more: mend those rows"
    raise DataError(message)


def _notes(dropped: dict[str, int], excluded: dict[str, str], spec: Spec) -> Iterator[str]:
    if NO_TARGET in dropped:
        yield f"{dropped[NO_TARGET]:,} rows were dropped because their {spec.target!r} is missing"
    if NO_CONSENT in dropped:
        yield f"{dropped[NO_CONSENT]:,} rows were dropped because {spec.consent!r} is not yes"
    if NO_ENTITY in dropped:
        yield f"{dropped[NO_ENTITY]:,} rows were dropped because their {spec.entity!r} is missing"
    for name, reason in excluded.items():
        if name not in spec.identifiers:
            yield f"column {name!r} is no feature: {reason}"


def _suspicions(summary: dict[str, Summary], inputs: list[str], rows: int) -> Iterator[str]:
    for name in inputs:
        if counts_rows(summary[name], rows):
            yield f"column {name!r} has another integer in every row; if it names the row, list it under 'identifiers'"
