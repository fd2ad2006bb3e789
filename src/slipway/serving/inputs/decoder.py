"""Rows, columns or tensors of a request as the inputs of a graph."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind, Schema
from slipway.serving.inputs.bounds import refusal
from slipway.serving.inputs.rows import Checker
from slipway.serving.inputs.values import LARGEST_INTEGER, converter, seconds

Inputs = dict[str, NDArray[Any]]
Block = NDArray[Any] | None
"""Values of the columns of a kind, of shape (columns, rows, 1); None where a value has to be looked at more closely."""

_NULL = type(None)
_TYPES: dict[Kind, frozenset[type]] = {
    "number": frozenset({float, int, _NULL}),
    "integer": frozenset({int, _NULL}),
    "boolean": frozenset({bool, _NULL}),
    "category": frozenset({str, _NULL}),
    "text": frozenset({str, _NULL}),
    "date": frozenset({str, _NULL}),
}


class Decoder:
    """Turns rows into inputs: all columns of a kind at once, and value by value only where one can't be used.

    Args:
        schema: The model's columns.
        checker: Finds what is wrong with values.
    """

    def __init__(self, schema: Schema, checker: Checker) -> None:
        self._checker = checker
        self._width = len(schema.columns)
        kinds = dict.fromkeys(schema.kinds.values())
        self._groups = [_Group(schema, kind, checker) for kind in kinds]

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> Inputs:
        """Inputs of rows.

        Args:
            rows: Objects with a value for each column; at least one.

        Returns:
            Column name to an array of shape (n, 1).

        Raises:
            InvalidRowsError: Some fields can't be used; all of them are in it.
        """
        count = len(rows)
        inputs: Inputs = {}
        if all(len(row) == self._width for row in rows):
            for group in self._groups:
                try:
                    cells = tuple(chain.from_iterable(map(group.get, rows)))
                except KeyError:
                    break
                if (block := group.block(cells, count, by_row=True)) is None:
                    break
                inputs.update(zip(group.names, block, strict=True))
        return inputs if len(inputs) == self._width else self._checker.rows(rows)

    def columns(self, columns: Mapping[str, Sequence[Any]]) -> Inputs:
        """Inputs of columns of the same length; see ``rows``."""
        inputs: Inputs = {}
        if len(columns) == self._width:
            for group in self._groups:
                try:
                    lists = group.get(columns)
                except KeyError:
                    break
                block = group.block(tuple(chain.from_iterable(lists)), len(lists[0]), by_row=False)
                if block is None:
                    break
                inputs.update(zip(group.names, block, strict=True))
        return inputs if len(inputs) == self._width else self._checker.columns(columns)


class _Group:
    """The columns of one kind."""

    def __init__(self, schema: Schema, kind: Kind, checker: Checker) -> None:
        columns = [column for column in schema.columns if column.kind == kind]
        self.names = [column.name for column in columns]
        self.get = _getter(self.names)
        self._types = _TYPES[kind]
        self._required = np.array([not column.nullable for column in columns])
        self._convert: Callable[[tuple[Any, ...]], NDArray[Any] | None] = {
            "number": _numbers,
            "integer": _integers,
            "boolean": _numbers,
            "category": lambda cells: _texts(cells, checker.longest_text),
            "text": lambda cells: _texts(cells, checker.longest_text, converter("text")),
            "date": _dates,
        }[kind]
        self._refused = refusal(columns, checker.bounds)

    def block(self, cells: tuple[Any, ...], count: int, *, by_row: bool) -> Block:
        types = set(map(type, cells))
        if not types <= self._types:
            return None
        flat = self._convert(cells)
        if flat is None:
            return None
        block = flat.reshape(count, -1).T if by_row else flat.reshape(-1, count)
        holes = _NULL in types or (str in types and "" in (flat.tolist() if flat.dtype == object else cells))
        if holes and self._required[_nulls(block).any(axis=1)].any():
            return None
        if self._refused is not None and self._refused(block):
            return None
        return np.ascontiguousarray(block)[:, :, None]


def _getter(names: list[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    name = names[0]
    return lambda row: (row[name],)


def _nulls(block: NDArray[Any]) -> NDArray[np.bool_]:
    return np.asarray(block == "" if block.dtype == object else np.isnan(block))


def _numbers(cells: tuple[Any, ...]) -> NDArray[np.float64]:
    return np.array(cells, dtype=np.float64)


def _integers(cells: tuple[Any, ...]) -> NDArray[np.float64] | None:
    numbers = np.array(cells, dtype=np.float64)
    return numbers if not (np.abs(numbers) >= LARGEST_INTEGER).any() else None  # 2^53 + 1 became 2^53 here


def _texts(cells: tuple[Any, ...], longest: int, convert: Callable[[Any], Any] = str.strip) -> NDArray[Any] | None:
    texts = [convert(text) if text else "" for text in cells]
    if max(map(len, texts)) > longest:
        return None
    return np.array(texts, dtype=object)


def _dates(cells: tuple[Any, ...]) -> NDArray[np.float64] | None:
    try:
        return np.array([seconds(text) if text else np.nan for text in cells])
    except ValueError:
        return None
