"""The champion, asked about today's rows."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.bundle import manifest as manifests
from slipway.bundle.load import Bundle, load
from slipway.data.heldout import Heldout
from slipway.data.schema import TEXTUAL, Column, Schema, Target, alike
from slipway.data.target import encode
from slipway.drift import stored
from slipway.drift.profile import Profile
from slipway.errors import BundleError, DataError
from slipway.evaluation import decision
from slipway.evaluation.standing import Contender
from slipway.features.inputs import inputs
from slipway.registry.folder import Registry, Version

MIN_ROWS = 30
"""Fewest test rows that a champion is compared on."""


@contextmanager
def fetched(version: Version, registry: str) -> Iterator[Path]:
    """The verified bundle of a champion in a folder that is gone afterwards.

    Args:
        version: The champion.
        registry: Where it is kept.

    Raises:
        BundleError: The bundle is damaged; the sentence names the version and where it is kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Registry(registry).fetch(version, Path(folder))
        except BundleError as error:
            found = re.sub(r"^bundle '[^']*':? ", "its bundle ", str(error))
            message = (
                f"the champion v{version.number} in {version.uri!r} can't be used: {found}; put the files of its "
                "bundle back, or give the new model another 'name'"
            )
            raise BundleError(message) from None


def find(name: str, registry: str) -> Version | None:
    """The champion; None before the first promotion, or when no registry is given."""
    return Registry(registry).champion(name) if registry else None


def reference(version: Version, registry: str) -> Profile:
    """The profile of a champion's training data, from its verified bundle.

    Args:
        version: The champion.
        registry: Where it is kept.

    Raises:
        BundleError: The bundle is damaged.
    """
    with fetched(version, registry) as bundle:
        return stored.from_json((bundle / manifests.REFERENCE).read_bytes())


def schema(version: Version, registry: str) -> Schema:
    """The schema of a champion, from its verified bundle.

    Args:
        version: The champion.
        registry: Where it is kept.

    Raises:
        BundleError: The bundle is damaged.
    """
    with fetched(version, registry) as bundle:
        return Schema.from_json((bundle / manifests.SCHEMA).read_bytes())


def unseen(version: Version, registry: str, frame: pl.DataFrame, schema: Schema) -> NDArray[np.bool_]:
    """Which rows the champion was not trained on: all of them, unless they have been split otherwise since.

    Args:
        version: The champion.
        registry: Where it is kept.
        frame: Test rows.
        schema: Their schema.

    Returns:
        Shape (n,).

    Raises:
        BundleError: The champion is damaged.
        DataError: It can't be told, or too few are left.
    """
    with fetched(version, registry) as bundle:
        heldout = Heldout.from_json((bundle / manifests.HELDOUT).read_bytes())
    found = heldout.includes(frame, labels(frame, schema.target))
    if found is None or found.sum() < MIN_ROWS:
        why = "its columns changed" if found is None else f"only {found.sum()} of {len(frame)} are left"
        message = (
            f"which test rows the champion v{version.number} was not trained on can't be told ({why}), and the others "
            "would favour it: give the new model another 'name', or keep the columns and the split as they were"
        )
        raise DataError(message)
    return found


def labels(frame: pl.DataFrame, target: Target) -> list[str]:
    """The class of each row as text; the empty text for a regression."""
    if target.task == "regression":
        return [""] * len(frame)
    return [target.classes[place] for place in encode(frame[target.name], target).tolist()]


def contender(
    version: Version, registry: str, frame: pl.DataFrame, schema: Schema, costs: Mapping[str, Mapping[str, float]]
) -> Contender:
    """The champion with its predictions for raw rows; it decides by its own threshold, and by today's costs.

    A column that the rows do not have any more counts as missing in every row.

    Args:
        version: The champion.
        registry: Where it is kept.
        frame: The rows.
        schema: Their schema.
        costs: What decisions cost.

    Raises:
        BundleError: The champion is damaged.
        DataError: It predicts something else, or a column has become of another kind.
    """
    with fetched(version, registry) as folder:
        bundle = load(folder)
        order = _order(bundle, schema.target, version)
        columns = [_column(frame, column, schema, version) for column in bundle.schema.columns]
        answers = bundle.predict(inputs(pl.DataFrame(columns), bundle.schema.kinds))
    threshold = bundle.manifest.threshold if order in ([], [0, 1]) else 1 - bundle.manifest.threshold
    rule = threshold if schema.target.task == "regression" else decision.rule(threshold, costs, schema.target)
    return Contender(f"champion v{version.number}", answers[:, order] if order else answers, threshold=rule)


def _order(bundle: Bundle, target: Target, version: Version) -> list[int]:
    theirs = bundle.schema.target
    if (theirs.task == "regression") != (target.task == "regression") or set(theirs.classes) != set(target.classes):
        message = (
            f"the champion v{version.number} predicts {_said(theirs)}, the data holds {_said(target)}; they can't be "
            "compared: give the new model another 'name', or mend the target"
        )
        raise DataError(message)
    return [theirs.classes.index(label) for label in target.classes]


def _column(frame: pl.DataFrame, column: Column, schema: Schema, version: Version) -> pl.Series:
    if column.name not in frame.columns:
        kind = pl.String if column.kind in TEXTUAL else pl.Float64 if column.kind != "date" else pl.Datetime("us")
        return pl.Series(column.name, [None] * len(frame), dtype=kind)
    now = schema.kinds.get(column.name, column.kind)
    if not alike(now, column.kind) and {now, column.kind} & {*TEXTUAL, "date"}:
        message = (
            f"column {column.name!r} is {now}, but was {column.kind} when the champion v{version.number} was trained; "
            f"set types: {{{column.name}: {column.kind}}}, or mend the data"
        )
        raise DataError(message)
    return frame[column.name]


def _said(target: Target) -> str:
    return f"a number ({target.name!r})" if target.task == "regression" else f"the classes {', '.join(target.classes)}"
