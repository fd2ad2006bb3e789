"""How a table differs from the one that the champion was trained on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from slipway.data.finding import Finding
from slipway.data.schema import Column, Schema, alike
from slipway.data.summary import MAX_LEVELS, Summary
from slipway.spec import Spec

Change = tuple[str, str, str]
"""What changed (a field of ``evolution``), the column, and how, in words."""

SIMILAR_NAME = 0.6
"""Least similarity of two names (``difflib``'s ratio) that may be one column's."""

SIMILAR_VALUES = 0.5
"""Least overlap of two columns' ranges or levels that may be one column's."""

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Known:
    """What the champion knows.

    Attributes:
        title: What it is called, such as "champion v3".
        schema: Its schema.
    """

    title: str
    schema: Schema


def compare(known: Known, spec: Spec, summary: Mapping[str, Summary]) -> list[Finding]:
    """Holds a table's columns against the champion's.

    Args:
        known: The champion's schema.
        spec: The spec: identifiers and evolution.
        summary: Summary of each column of the table.

    Returns:
        A finding for each column that is not what it was, or a single one when all are.
    """
    found = [_finding(spec, known.title, *change) for change in _changes(known.schema, spec, summary)]
    same = f"every column that {known.title} reads is there, and is what it was"
    return found or [Finding("columns as before", "", "passed", same)]


def _changes(known: Schema, spec: Spec, summary: Mapping[str, Summary]) -> Iterator[Change]:
    expected = {*known.names, *known.excluded, known.target.name, spec.target}
    read = [column for column in known.columns if not column.made]
    lost = [column for column in read if column.name not in {*summary, *spec.identifiers}]
    fresh = [name for name in summary if name not in expected]
    renamed = _renamed(lost, {name: summary[name] for name in fresh})
    for column in lost:
        if column.name in renamed:
            yield "renamed", column.name, f"is missing, and {renamed[column.name]!r} looks like it under a new name"
        else:
            yield "missing", column.name, "is not in the data any more"
    yield from (("added", name, "is new") for name in fresh if name not in renamed.values())
    for column in read:
        if column.name in summary:
            yield from _changed(column, summary[column.name])


def _changed(column: Column, now: Summary) -> Iterator[Change]:
    if not alike(column.kind, now.kind):
        yield "retyped", column.name, f"holds values of kind {now.kind}, and held {column.kind}"
    elif column.levels is not None and len(column.levels) < MAX_LEVELS:
        unseen = [level for level in now.levels or () if level not in column.levels]
        if unseen:
            more = f" and {len(unseen) - _SHOWN:,} more" if len(unseen) > _SHOWN else ""
            shown = ", ".join(repr(level[:40]) for level in unseen[:_SHOWN])
            yield "levels", column.name, f"has levels that it did not have: {shown}{more}"


def _finding(spec: Spec, title: str, change: str, name: str, said: str) -> Finding:
    reaction = getattr(spec.evolution, change)
    remedy = f"; mend the data, or allow it with evolution: {{{change}: allow}}" if reaction == "stop" else ""
    sentence = f"column {name!r} {said}, compared with {title}{remedy}"
    allowed = f"none {change}" if reaction == "stop" else ""
    return Finding(f"columns: {change}", name, "failed" if reaction == "stop" else "noted", sentence, allowed, change)


def _renamed(lost: list[Column], fresh: Mapping[str, Summary]) -> dict[str, str]:
    """From lost to new names: the pairs that are most alike first, each name once."""
    alike = [
        (_name_similarity(column.name, name), column.name, name)
        for column in lost
        for name, summary in fresh.items()
        if _like(column, summary)
    ]
    pairs: dict[str, str] = {}
    for similarity, old, new in sorted(alike, key=lambda item: (-item[0], item[1], item[2])):
        if similarity >= SIMILAR_NAME and old not in pairs and new not in pairs.values():
            pairs[old] = new
    return pairs


def _name_similarity(one: str, other: str) -> float:
    one, other = ("".join(filter(str.isalnum, name.casefold())) for name in (one, other))
    if one and other and (one in other or other in one):
        return 1.0
    return SequenceMatcher(None, one, other).ratio()


def _like(column: Column, now: Summary) -> bool:
    if not alike(column.kind, now.kind):
        return False
    if column.levels is not None:
        levels = set(now.levels or ())
        return len(levels.intersection(column.levels)) >= SIMILAR_VALUES * min(len(levels), len(column.levels))
    if None in (column.minimum, column.maximum, now.minimum, now.maximum):
        return column.kind == now.kind
    return _overlap(column, now) >= SIMILAR_VALUES


def _overlap(column: Column, now: Summary) -> float:
    """Length of what two ranges share, as a part of the shorter one."""
    low, high = max(column.minimum or 0.0, now.minimum or 0.0), min(column.maximum or 0.0, now.maximum or 0.0)
    shorter = min((column.maximum or 0.0) - (column.minimum or 0.0), (now.maximum or 0.0) - (now.minimum or 0.0))
    if shorter == 0:
        return float(low <= high)
    return (high - low) / shorter
