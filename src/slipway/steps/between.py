"""A table against a reference, without a pipeline."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from slipway.data import columns as tables
from slipway.data.schema import Kind
from slipway.data.source import Source, open_table
from slipway.drift.findings import Findings
from slipway.drift.named import Named, answers, kinds_of
from slipway.drift.performance import watch
from slipway.drift.tables import compare
from slipway.errors import DataError
from slipway.spec import Drift
from slipway.steps import current as currents
from slipway.steps import reference as references
from slipway.steps.examine import examine
from slipway.steps.reference import Reference


def between(reference: str, current: str, limits: Drift, named: Named | None = None) -> Findings:
    """Compares a table with a reference.

    Args:
        reference: A table, a bundle, or a reference profile (JSON), at any fsspec URI.
        current: A table.
        limits: The limits.
        named: Which columns hold the truth and the predictions; of a bundle, the model knows.

    Raises:
        BundleError: The bundle is damaged.
        DataError: One of them can't be read or there are too few rows to compare.
        UnknownNameError: A named column is not there.
    """
    named = named or Named()
    known = references.at(reference)
    if known is not None:
        return _with_profile(known, current, limits, named)
    with tables.open_columns(reference) as before, tables.open_columns(current) as now:
        named.check(before.kinds, "the reference")
        named.arrived(now.kinds).check(now.kinds, "the current data")
        found = compare(before, now, limits, named)
        return _told(_told(found, "reference", before.notes), "current data", now.notes)


def _with_profile(reference: Reference, uri: str, limits: Drift, named: Named) -> Findings:
    source = _opened(uri, reference.kinds)
    named.check(source.columns, "the current data")
    kinds = {name: kind for name, kind in source.columns.items() if name not in _others(reference, named)}
    rows = currents.read(source.batches(), kinds, reference.together, reference.target, reference.judged)
    found = _told(examine(reference, rows, limits), "current data", source.notes)
    if not (named.truth and named.prediction):
        return found
    frame = pl.concat(list(source.batches(named.columns)))
    (current,) = answers([frame], kinds_of(source.columns, named), named)
    expected = reference.judged.expected if reference.judged else None
    return replace(found, performance=watch(current, expected, limits.window))


def _told(found: Findings, table: str, notes: Iterable[str]) -> Findings:
    """The same with what was done to read a table."""
    return replace(found, notes=(*found.notes, *(f"{table}: {note}" for note in notes)))


def _others(reference: Reference, named: Named) -> set[str]:
    """Columns of the current data that the model does not read, so that the reference has not got them."""
    names = {*named.columns} - reference.kinds.keys()
    if reference.judged is not None:
        schema = reference.judged.bundle.schema
        names |= {schema.target.name, schema.event_time or "", *schema.sensitive, *schema.excluded}
    return names


def _opened(uri: str, expected: Mapping[str, Kind]) -> Source:
    """The current table; numbers in a column that was a category are read as its levels, text as dates where it can."""
    source = _settled(open_table(uri), expected)
    wanted = {
        name: kind
        for name, kind in expected.items()
        if kind in ("category", "date") and source.columns.get(name, kind) != kind
    }
    if not wanted:
        return source
    given: dict[str, Kind] = {}
    for name, kind in wanted.items():
        try:
            _drained(open_table(uri, {name: kind}), name)
        except DataError:
            continue
        given[name] = kind
    return _settled(open_table(uri, given), expected)


def _settled(source: Source, expected: Mapping[str, Kind]) -> Source:
    """The same, with columns without any value as what is expected of them."""
    empty = {name: expected[name] for name in source.empty if name in expected}
    return replace(source, columns={**source.columns, **empty})


def _drained(source: Source, name: str) -> None:
    for _ in source.batches([name]):
        pass
