"""Which columns are no inputs, and why."""

from collections.abc import Iterator

from slipway.data.schema import Column
from slipway.data.source import Source
from slipway.data.summary import Summary
from slipway.spec import Spec

_NAME_LIKE_SHARE = 0.5
_NAME_LIKE_LEVELS = 50


def excluded(source: Source, spec: Spec, summary: dict[str, Summary], rows: int) -> Iterator[tuple[str, str]]:
    """The columns that are no inputs, each with the reason.

    Args:
        source: The table.
        spec: The spec.
        summary: Summary of each column.
        rows: Rows that may be used.
    """
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


def column_of(name: str, column: Summary) -> Column:
    """An input column, by what is known of its values."""
    if column.kind == "category" and column.prose and _mostly_different(column, column.rows):
        return Column(name, "text", column.nulls > 0)
    return Column(name, column.kind, column.nulls > 0, column.minimum, column.maximum, column.levels)


def _mostly_different(column: Summary, rows: int) -> bool:
    return column.many or len(column.counts) > max(_NAME_LIKE_LEVELS, _NAME_LIKE_SHARE * rows)


def counts_rows(column: Summary, rows: int) -> bool:
    """Whether a column has another integer in every row."""
    return column.kind == "integer" and not column.nulls and (column.many or len(column.counts) == rows)
