"""What a table promises: its schema, the rows that are kept, and what was found on the way."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from slipway.data import evolution, gates
from slipway.data import summary as summaries
from slipway.data import target as targets
from slipway.data.evolution import Known
from slipway.data.finding import Finding, judged, percent
from slipway.data.gates import Checked, Gates, State
from slipway.data.sample import sampled
from slipway.data.schema import NUMERIC, Column, Schema
from slipway.data.source import Source
from slipway.data.summary import Summary
from slipway.data.usable import NO_CONSENT, NO_ENTITY, NO_TARGET, usable
from slipway.errors import DataError, Failure, GateError, UnknownNameError
from slipway.spec import Spec

_NAME_LIKE_SHARE = 0.5
_NAME_LIKE_LEVELS = 50


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at every row found.

    Attributes:
        total: Rows of the table.
        rows: Rows that may be used.
        dropped: Rows dropped for each reason.
        summary: Summary of each column over the rows that may be used.
        findings: How each check went.
    """

    total: int
    rows: int
    dropped: dict[str, int]
    summary: dict[str, Summary]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(finding.verdict == "failed" for finding in self.findings)


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


def examine(source: Source, spec: Spec) -> Contract:
    """Looks at every row of a table once, and settles what it promises.

    Args:
        source: The table.
        spec: The spec: target, task, named columns, quality.

    Raises:
        UnknownNameError: The spec names a column that is not there.
        DataError: The target can't be predicted, or no column is left to predict it from.
        GateError: The data is outside of the limits of ``quality``.
    """
    seen = inspect(source, spec)
    refuse(seen.findings)
    return settle(source, spec, seen)


def inspect(source: Source, spec: Spec, known: Known | None = None) -> Inspection:
    """Looks at every row of a table once, and checks it; what is outside of its limits is found, not raised.

    Args:
        source: The table.
        spec: The spec: target, named columns, quality, evolution.
        known: What the champion knows; None for nothing to compare with.

    Raises:
        UnknownNameError: The spec names a column that is not there.
        DataError: The weights are none, or a limit does not suit the table.
    """
    _check_names(source, spec)
    checks = gates.prepare(spec, source.columns)
    total, dropped, summary, state = _gather(source, spec, checks)
    checked = [
        *(Checked(finding) for finding in (_enough_rows(state.rows, spec), _few_dropped(total, dropped, spec))),
        *gates.finish(checks, state, spec, summary),
        *(Checked(finding) for finding in (evolution.compare(known, spec, summary) if known else ())),
    ]
    return Inspection(total, state.rows, dropped, summary, tuple(sampled(checked, source, spec)))


def refuse(findings: Iterable[Finding], where: str = "") -> None:
    """Stops when a check failed, and tells all that did.

    Args:
        findings: How the checks went.
        where: Where the report is; empty for none.

    Raises:
        GateError: A check failed.
    """
    failed = [finding for finding in findings if finding.verdict == "failed"]
    if failed:
        sentences = "; ".join(finding.sentence for finding in failed)
        message = f"the data is outside of its limits: {sentences}" + (f"; the report is at {where}" if where else "")
        raise GateError(message, [Failure(f.check, f.column, f.limit, f.value) for f in failed])


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
    excluded = dict(_excluded(source, spec, summary, seen.rows))
    inputs = [name for name in source.columns if name not in excluded and name != spec.target]
    if not inputs:
        reasons = "; ".join(f"{name!r}: {reason}" for name, reason in excluded.items())
        message = f"no column is left to predict {spec.target!r} from ({reasons or 'there is no other column'})"
        raise DataError(message)
    schema = Schema(
        columns=tuple(_column(name, summary[name]) for name in inputs),
        target=target,
        event_time=spec.event_time or None,
        entity=spec.entity or None,
        weight=spec.weight or None,
        sensitive=_sensitive(spec),
        excluded=excluded,
    )
    notes = [*source.notes, *_notes(seen.dropped, excluded, spec), *_suspicions(summary, inputs, seen.rows)]
    left_out = [Finding("column", name, "noted", f"left out: {reason}") for name, reason in excluded.items()]
    return Contract(schema, seen.rows, seen.dropped, tuple(notes), (*seen.findings, *left_out))


def keep(frame: pl.DataFrame, spec: Spec, schema: Schema) -> pl.DataFrame:
    """The rows that may be used, and the columns that later steps need."""
    others = (schema.event_time, schema.entity, schema.weight)
    names = [*schema.names, schema.target.name, *schema.sensitive, *(name for name in others if name)]
    kept, _ = usable(frame, spec)
    return pl.DataFrame([kept[name] for name in dict.fromkeys(names)])


def _gather(source: Source, spec: Spec, checks: Gates) -> tuple[int, dict[str, int], dict[str, Summary], State]:
    total, counts = 0, Counter[str]()
    summary: dict[str, Summary] = {}
    state: State | None = None
    for frame in source.batches():
        kept, dropped = usable(frame, spec)
        total += len(frame)
        counts.update(dropped)
        part = {name: summaries.fit(kept[name], kind) for name, kind in source.columns.items()}
        summary = {name: summaries.merge([summary[name], part[name]]) for name in part} if summary else part
        seen = gates.fit(checks, kept)
        state = seen if state is None else gates.merge([state, seen])
    assert state is not None  # noqa: S101 - a source has at least one row
    return total, {reason: count for reason, count in counts.items() if count}, summary, state


def _sensitive(spec: Spec) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*spec.sensitive, *spec.sensitive_features]))


def _check_names(source: Source, spec: Spec) -> None:
    single = {name: getattr(spec, name) for name in ("target", "event_time", "entity", "weight", "consent")}
    several = {"sensitive": spec.sensitive, "sensitive_features": spec.sensitive_features}
    for field, columns in {**{field: [name] for field, name in single.items() if name}, **several}.items():
        for name in columns:
            if name not in source.columns:
                hidden = " (it is under 'identifiers')" if name in spec.identifiers else ""
                where = f"the data{hidden}, but field {field!r} names it"
                raise UnknownNameError(what="column", name=name, known=source.columns, where=where)
    taken = next((field for field, name in single.items() if name == spec.target and field != "target"), "")
    if taken or spec.target in _sensitive(spec):
        message = f"column {spec.target!r} is the target, so it can't be {taken or 'sensitive'} as well"
        raise DataError(message)
    _check_kinds(source, spec)


def _check_kinds(source: Source, spec: Spec) -> None:
    if spec.event_time and source.columns[spec.event_time] == "category":
        message = (
            f"column {spec.event_time!r} is to be the event time, but holds text; write it as 2026-11-21 or as a number"
        )
        raise DataError(message)
    if spec.weight and source.columns[spec.weight] not in NUMERIC:
        message = f"column {spec.weight!r} is to be the weight, but is {source.columns[spec.weight]}, not a number"
        raise DataError(message)


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


def _enough_rows(kept: int, spec: Spec) -> Finding:
    least = spec.quality.min_rows
    said = f"{kept:,} rows can be used; quality.min_rows asks for {least:,}"
    return Finding("rows", "", judged(kept >= least), said, f"at least {least:,}", f"{kept:,}")


def _few_dropped(total: int, dropped: dict[str, int], spec: Spec) -> Finding:
    count = dropped.get(NO_TARGET, 0) + dropped.get(NO_ENTITY, 0)
    most = spec.quality.max_dropped_share
    names = " or no ".join(repr(name) for name in (spec.target, spec.entity) if name)
    said = f"{count:,} of {total:,} rows have no {names}; quality.max_dropped_share allows {most:.0%}"
    limit, value = f"at most {percent(most)}", percent(count / max(total, 1))
    return Finding("rows without a target", "", judged(count <= most * total), said, limit, value, count)


def _excluded(source: Source, spec: Spec, summary: dict[str, Summary], rows: int) -> Iterator[tuple[str, str]]:
    named = {
        **dict.fromkeys(spec.sensitive, "sensitive: kept for fairness only"),
        **({spec.entity: "entity: says whom or what a row is about"} if spec.entity else {}),
        **({spec.weight: "weight: says how much a row counts"} if spec.weight else {}),
        **({spec.event_time: "event time: orders the rows"} if spec.event_time else {}),
        **({spec.consent: "consent: says which rows may be used"} if spec.consent else {}),
    }
    for name in spec.sensitive_features:
        named.pop(name, None)
    yield from ((name, "identifier") for name in spec.identifiers)
    for name in source.columns:
        reason = named.get(name) or _useless(summary[name], rows, spec)
        if reason and name != spec.target:
            yield name, reason


def _useless(column: Summary, rows: int, spec: Spec) -> str:
    if column.nulls == rows:
        return "every value is missing"
    share = column.nulls / max(rows, 1)
    if share > spec.quality.max_null_share:
        return f"{share:.1%} of its values are missing; quality.max_null_share allows {spec.quality.max_null_share:.0%}"
    same = column.minimum == column.maximum if column.minimum is not None else len(column.counts) == 1
    if same and not column.nulls:
        return "every row has the same value"
    distinct = len(column.counts)
    if column.kind == "category" and _mostly_different(column, rows) and not column.prose:
        return f"{distinct:,} different texts in {rows:,} rows: it looks like a name or free text"
    return ""


def _column(name: str, column: Summary) -> Column:
    if column.kind == "category" and column.prose and _mostly_different(column, column.rows):
        return Column(name, "text", column.nulls > 0)
    return Column(name, column.kind, column.nulls > 0, column.minimum, column.maximum, column.levels)


def _mostly_different(column: Summary, rows: int) -> bool:
    return column.many or len(column.counts) > max(_NAME_LIKE_LEVELS, _NAME_LIKE_SHARE * rows)


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


def counts_rows(column: Summary, rows: int) -> bool:
    """Whether a column has another integer in every row."""
    return column.kind == "integer" and not column.nulls and (column.many or len(column.counts) == rows)
