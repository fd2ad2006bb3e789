"""The test rows as those who judge see them."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import table as tables
from slipway.data.schema import Kind, Schema
from slipway.data.split import NAMES
from slipway.evaluation import groups
from slipway.evaluation.groups import Groups
from slipway.evaluation.sample import Sample
from slipway.features.inputs import inputs

_SLICED = 200
"""Most columns whose parts are looked at."""


def sample(frame: pl.DataFrame, y: NDArray[Any], schema: Schema) -> Sample:
    """What is true of each row, how much it counts, and whom it is about.

    Args:
        frame: Test rows.
        y: Class indices or target of each.
        schema: Their schema.
    """
    weight, entity = None, None
    if schema.weight:
        weight = frame[schema.weight].cast(pl.Float64).fill_null(0.0).to_numpy()
    if schema.entity:
        entity = np.unique(frame[schema.entity].cast(pl.String).fill_null("").to_numpy(), return_inverse=True)[1]
    return Sample(y, weight, entity)


def parts(given: Mapping[str, NDArray[Any]], schema: Schema) -> list[Groups]:
    """The rows in groups by each input column that is no free text."""
    kinds = {name: kind for name, kind in schema.kinds.items() if kind != "text" and name in given}
    return [groups.of(name, given[name], kind) for name, kind in list(kinds.items())[:_SLICED]]


def sensitive(frame: pl.DataFrame, schema: Schema) -> list[Groups]:
    """The rows in groups by each sensitive column; its kind is that of the data where it is no input."""
    found = []
    for name in schema.sensitive:
        if name in frame.columns:
            kind = schema.kinds.get(name) or _kind(frame[name].dtype)
            found.append(groups.of(name, inputs(frame, {name: kind})[name], kind))
    return found


def periods(rows: Path, schema: Schema) -> dict[str, tuple[datetime, datetime]]:
    """First and last event time of each split; none without an event time."""
    if not schema.event_time:
        return {}
    return {name: _ends(rows / name, schema.event_time) for name in NAMES}


def _ends(folder: Path, column: str) -> tuple[datetime, datetime]:
    ends: list[datetime] = []
    for frame in tables.batches(folder, [column]):
        seconds = frame[column].cast(pl.Datetime("us")).drop_nulls().to_list()
        ends = [min([*seconds, *ends]), max([*seconds, *ends])] if seconds else ends
    return ends[0], ends[-1]


def _kind(dtype: pl.DataType) -> Kind:
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_numeric():
        return "number"
    return "date" if dtype.is_temporal() else "category"
