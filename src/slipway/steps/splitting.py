"""A table in three: which rows train, which compare the candidates, which judge the winner."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import rowhash, split
from slipway.data import table as tables
from slipway.data.schema import Schema
from slipway.data.split import Copies, Cuts
from slipway.data.target import encode
from slipway.errors import DataError
from slipway.spec import Split

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Keyed:
    """A batch of rows.

    Attributes:
        frame: The rows.
        keys: What says where each falls.
        classes: The class of each; zeros for a regression.
        strata: The stratum of each: its class when classes are to have the same shares.
    """

    frame: pl.DataFrame
    keys: Ints
    classes: Ints
    strata: Ints


def divide(table: Path, schema: Schema, shares: Split, rows: Path) -> dict[str, int]:
    """Writes the rows of each split, in two passes over the table, or three when most rows have a copy.

    Args:
        table: The table.
        schema: Its schema.
        shares: Shares of validation and test.
        rows: Folder to write a folder for each split to.

    Returns:
        Rows of each split.

    Raises:
        DataError: A split would have no row, or the training rows lack a class.
    """
    apart = False
    cuts, copies = _cuts(table, schema, shares, apart=apart)
    if copies and not (schema.event_time or schema.entity):
        apart = True
        cuts, _ = _cuts(table, schema, shares, apart=apart)
    counts = np.zeros((len(split.NAMES), max(1, len(schema.target.classes))), dtype=np.int64)
    with ExitStack() as stack:
        writers = [stack.enter_context(tables.writing(rows / name)) for name in split.NAMES]
        for batch in _keyed(table, schema, shares.seed, apart=apart):
            codes = cuts.codes(batch.keys, batch.strata)
            np.add.at(counts, (codes, batch.classes), 1)
            for code, writer in enumerate(writers):
                writer.add(batch.frame.filter(pl.Series(codes == code)))
        _check(counts, schema)
    return dict(zip(split.NAMES, counts.sum(axis=1).tolist(), strict=True))


def _cuts(table: Path, schema: Schema, shares: Split, *, apart: bool) -> tuple[Cuts, bool]:
    """Where the splits begin, and whether most rows have a copy."""
    state: split.State = {}
    whole: split.State = {}
    for batch in _keyed(table, schema, shares.seed, apart=apart):
        state = split.merge([state, split.fit(batch.keys, batch.strata)])
        whole = split.merge([whole, split.fit(batch.keys, np.zeros_like(batch.strata))])
    return split.finish(state, shares), split.mostly_copies(whole[0])


def _keyed(table: Path, schema: Schema, seed: int, *, apart: bool) -> Iterator[Keyed]:
    copies = Copies()
    for frame in tables.batches(table):
        goal = encode(frame[schema.target.name], schema.target)
        classes = goal.astype(np.int64) if schema.target.classes else np.zeros(len(frame), dtype=np.int64)
        if schema.event_time:
            times = frame[schema.event_time].to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy()
            keys = split.newest_first(times)
        else:
            hashes = rowhash.hashes(frame.select(schema.split_by), seed)
            keys = split.by_value(copies.apart(hashes) if apart else hashes)
        alike = bool(schema.event_time or schema.entity)
        yield Keyed(frame, keys, classes, np.zeros_like(classes) if alike else classes)


def _check(counts: Ints, schema: Schema) -> None:
    for code, name in enumerate(split.NAMES):
        held = int(counts[code].sum())
        missing = [label for place, label in enumerate(schema.target.classes) if not counts[code, place]]
        if not held or (missing and code == split.TRAIN):
            what = f"hold no row of class {missing[0]!r}" if held else "would be none"
            by_time = f" by {schema.event_time!r}; leave event_time out to split at random" if schema.event_time else ""
            message = f"the {name} rows {what} when the table is split{by_time}; more rows are needed, or other shares"
            raise DataError(message)
