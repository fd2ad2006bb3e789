"""Whether the parts of a bundle make sense together; a bundle that is whole may still be one that can't answer."""

from collections.abc import Iterator
from typing import get_args

from slipway.bundle.golden import Golden
from slipway.bundle.manifest import Manifest
from slipway.data.schema import Column, Kind, Schema


def contradictions(manifest: Manifest, schema: Schema, golden: Golden) -> Iterator[str]:
    """What manifest, schema and golden rows say differently, or what no bundle can say, in words.

    Args:
        manifest: The manifest.
        schema: The schema.
        golden: The golden rows.

    Raises:
        ValueError: A class is no value of the target's kind.
    """
    target, count = schema.target, len(manifest.classes)
    if (manifest.task, manifest.classes) != (target.task, target.classes):
        yield "its manifest and its schema name other classes or another task"
    if golden.outputs.shape[1:] != ((count,) if count else ()):
        yield f"its golden rows have outputs of shape {golden.outputs.shape}, and there are {count} classes"
    if type(manifest.threshold) is not float or not 0 <= manifest.threshold <= 1:
        yield f"its threshold is {manifest.threshold!r}"
    if not all(type(name) is str and name for name in (manifest.name, target.name)) or target.kind not in get_args(
        Kind
    ):
        yield f"its name is {manifest.name!r}, and its target {target}"
    if not isinstance(manifest.spec, dict):
        yield "its spec has no fields"
    for place in range(count):
        target.label(place)
    yield from (f"{column} in its schema is no column" for column in schema.columns if not _is_column(column))
    if len(set(schema.names)) < len(schema.names):
        yield "two columns of its schema have one name"


def _is_column(column: Column) -> bool:
    ends = (column.minimum, column.maximum)
    ranged = ends == (None, None) or all(type(end) in (int, float) for end in ends)
    texts = all(type(text) is str for text in (column.name, column.made, *(column.levels or ())))
    return column.kind in get_args(Kind) and type(column.nullable) is bool and ranged and texts
