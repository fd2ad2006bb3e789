"""The step ``score``: predictions for a table of any size."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.bundle.load import Bundle
from slipway.data import csv, lenient, sink
from slipway.data.lenient import Fault
from slipway.data.located import locate
from slipway.data.schema import Schema, Target
from slipway.data.source import Source, open_located
from slipway.errors import DataError, UnknownNameError
from slipway.features.inputs import inputs
from slipway.serving.bundles import sources
from slipway.serving.inputs.bounds import bounds
from slipway.serving.inputs.values import LARGEST_INTEGER
from slipway.serving.predicting.answers import decider
from slipway.serving.predicting.batches import Batches
from slipway.settings import Settings

logger = logging.getLogger(__name__)

OnError = Literal["fail", "null"]

_ROWS = 1 << 14
"""Rows that the graph is given at once."""

_TRIED = 2000
"""Rows on which it is tried whether a batch gives the same as its rows one by one."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What was done.

    Attributes:
        rows: Rows of the table.
        bad: Rows that could not be used; their predictions are null.
        version: The first 12 digits of the bundle's digest.
    """

    rows: int
    bad: int
    version: str


def score(
    bundle: str,
    data: str,
    output: str,
    keep: Sequence[str] = (),
    on_error: OnError = "fail",
    progress: Callable[[int], None] = lambda _: None,
) -> Scored:
    """Predicts every row of a table, with the results of the server for single rows to the bit.

    Memory is bounded by a batch. The file appears when every row is in it, in the order of the table.

    Args:
        bundle: A bundle's folder or URI, or REGISTRY/NAME for the champion of a model.
        data: The table: a file, a glob or a folder of CSV or Parquet, or a URI.
        output: The file to write, Parquet or CSV, at any URI.
        keep: Columns of the table to have beside the predictions.
        on_error: What to do with a row that the server would refuse: end with a sentence, or leave its prediction null.
        progress: Is told the number of rows that are done.

    Raises:
        BundleError: The bundle is refused.
        DataError: The table has a row that can't be used, or a column to keep has a name of the predictions'.
        UnknownNameError: The table lacks a column.
        StorageError: Something can't be read or written.
    """
    loaded = sources.read(sources.find(bundle))
    schema, keep = loaded.schema, list(dict.fromkeys(keep))
    _check_kept(keep, schema)
    source = _open(data, schema, keep)
    names = list(dict.fromkeys([*schema.names, *keep]))
    rowwise = _Rowwise(loaded)
    rows = bad = 0
    with sink.opened(output) as write:
        for frame, faults in lenient.batches(source, names):
            wrong = _wrong(frame, faults, loaded, rows + 1)
            if wrong and on_error == "fail":
                first = wrong[0]
                message = f"row {first.row:,}: {first.sentence}; mend it, or leave such rows null with --on-error null"
                raise DataError(message)
            write(_predicted(loaded, rowwise, frame, keep, [fault.row - rows - 1 for fault in wrong]))
            rows, bad = rows + len(frame), bad + len({fault.row for fault in wrong})
            progress(rows)
    version = loaded.manifest.digest[:12]
    logger.info("%d rows were scored with %s %s, %d of them null", rows, loaded.manifest.name, version, bad)
    return Scored(rows, bad, version)


def _check_kept(keep: Sequence[str], schema: Schema) -> None:
    for name in keep:
        if name in _answers(schema.target):
            message = f"column {name!r} can't be kept, for a column of the predictions has that name; rename it"
            raise DataError(message)


def _answers(target: Target) -> list[str]:
    return ["label", *(f"probability_{name}" for name in target.classes)] if target.classes else ["value"]


def _open(uri: str, schema: Schema, keep: Sequence[str]) -> Source:
    located = locate(uri)
    names = csv.sniff(located.texts[0]).names if located.texts else located.parts[0].names()
    for name in [*schema.names, *keep]:
        if name not in names:
            raise UnknownNameError(what="column", name=name, known=names)
    wanted = {*schema.names, *keep}
    return open_located(located, schema.kinds, [name for name in names if name not in wanted], lenient=True)


def _wrong(frame: pl.DataFrame, faults: list[Fault], bundle: Bundle, first: int) -> list[Fault]:
    """What the server would refuse, by row: values of another kind, and those of ``_refused``."""
    told = {fault.row for fault in faults}
    found = [Fault(first + place, said) for place, said in _refused(frame, bundle)]
    return sorted([*faults, *(fault for fault in found if fault.row not in told)], key=lambda fault: fault.row)


def _refused(frame: pl.DataFrame, bundle: Bundle) -> Iterator[tuple[int, str]]:
    """Place and sentence of values that are missing for the first time, too large to be exact, or outside of limits."""
    schema = bundle.schema
    for column in schema.columns:
        values, name = frame[column.name], column.name
        if not column.nullable:
            for place in values.is_null().arg_true():
                yield place, f"column {name!r} has no value, and the training data had no missing one"
        if column.kind == "integer":
            for place in (~values.is_between(-LARGEST_INTEGER, LARGEST_INTEGER)).arg_true():
                yield place, f"column {name!r} should be an integer of at most 2^53, not {values[place]}"
    limits = bounds(schema, bundle.manifest.spec)
    given = inputs(frame, {name: schema.kinds[name] for name in limits})
    for name, limit in limits.items():
        for place in np.flatnonzero(limit.outside(given[name][:, 0])):
            yield int(place), f"column {name!r} should be {limit.said}, not {frame[name][int(place)]!r:.80}"


def _predicted(
    bundle: Bundle, rowwise: "_Rowwise", frame: pl.DataFrame, keep: Sequence[str], bad: list[int]
) -> pl.DataFrame:
    outputs = rowwise.predict(frame)
    target = bundle.schema.target
    if target.classes:
        labels = [target.label(place) for place in decider(target, bundle.manifest)(outputs)]
        columns = [labels, *outputs.T]
    else:
        columns = [outputs]
    made = [pl.Series(name, values) for name, values in zip(_answers(target), columns, strict=True)]
    good = pl.Series(np.isin(np.arange(len(frame)), bad, invert=True))
    null = pl.DataFrame(made).with_columns(pl.when(good).then(pl.col(item.name)).alias(item.name) for item in made)
    return pl.DataFrame([*(frame[name] for name in keep), *null])


class _Rowwise:
    """Predicts as the server does for a request of one row.

    The rounding of a linear model's last digit depends on the rows beside it, that of trees does not. The first rows
    are predicted one by one; when a batch gives the same to the bit, batches do for the rest.

    Args:
        bundle: The bundle.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._batches = Batches(bundle.engines, Settings().threads, bundle.golden.inputs)
        self._tried = 0
        self._same = True

    def predict(self, frame: pl.DataFrame) -> NDArray[np.float64]:
        """Outputs of rows, (n, k) or (n,)."""
        given = inputs(frame, self._bundle.schema.kinds)
        rows = len(frame)
        alone = min(rows, max(0, _TRIED - self._tried)) if self._same else rows
        parts = [self._predict(given, row, row + 1) for row in range(alone)]
        if self._same and alone:
            self._tried += alone
            self._same = np.array_equal(np.concatenate(parts), self._predict(given, 0, alone))
        size = _ROWS if self._same else 1
        parts += [self._predict(given, start, min(start + size, rows)) for start in range(alone, rows, size)]
        return np.concatenate(parts)

    def _predict(self, given: Mapping[str, NDArray[Any]], start: int, end: int) -> NDArray[np.float64]:
        return self._batches.predict({name: values[start:end] for name, values in given.items()})
