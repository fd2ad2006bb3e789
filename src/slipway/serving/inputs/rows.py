"""Rows looked at value by value: what is wrong with each field, all of it at once."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import TEXTUAL, Column, Schema
from slipway.serving.inputs.bounds import Bound
from slipway.serving.inputs.fields import FieldError, InvalidRowsError
from slipway.serving.inputs.values import Converter, OutOfRangeError, converter, expected
from slipway.settings import Settings

_SHOWN = 60
"""Characters of a value that a message shows."""

Inputs = dict[str, NDArray[Any]]


class Checker:
    """Converts value by value, and says what is wrong with those that can't be used.

    Args:
        schema: The model's columns.
        settings: How long a text may be, whether messages show values.
        bounds: Column to what is taken of it; see ``bounds.bounds``.

    Attributes:
        longest_text: Longest text value, in characters.
        bounds: Column to what is taken of it.
    """

    def __init__(self, schema: Schema, settings: Settings, bounds: Mapping[str, Bound] | None = None) -> None:
        self.longest_text = settings.limits.text
        self._schema = schema
        self._columns = {column.name: column for column in schema.columns}
        self._redact = settings.redact
        self.bounds = bounds or {}

    def rows(self, rows: Sequence[Mapping[str, Any]]) -> Inputs:
        """Inputs of rows; see ``Decoder.rows``."""
        errors = [error for place, row in enumerate(rows) for error in self._unknown(row, place)]
        inputs = {}
        for column in self._schema.columns:
            values, read = [], self._reader(column, errors)
            for place, row in enumerate(rows):
                if column.name in row:
                    values.append(read(row[column.name], place))
                else:
                    errors.append(_missing(column, place))
            inputs[column.name] = _array(column, values)
        return _unless(errors, inputs)

    def columns(self, columns: Mapping[str, Sequence[Any]]) -> Inputs:
        """Inputs of columns of the same length; see ``Decoder.rows``."""
        errors = self._unknown(columns, None)
        inputs = {}
        for column in self._schema.columns:
            if column.name not in columns:
                errors.append(_missing(column, None))
                continue
            read = self._reader(column, errors)
            inputs[column.name] = _array(column, [read(value, row) for row, value in enumerate(columns[column.name])])
        return _unless(errors, inputs)

    def _unknown(self, fields: Mapping[str, Any], row: int | None) -> list[FieldError]:
        return [
            FieldError(row, name, "unknown", self._why_unknown(name)) for name in fields if name not in self._columns
        ]

    def _why_unknown(self, name: str) -> str:
        if name == self._schema.target.name:
            return "it is what the model predicts; leave it out"
        if name in self._schema.excluded:
            return f"the model does not use it ({self._schema.excluded[name]}); leave it out"
        near = get_close_matches(name[:200], self._schema.names, n=1)
        return f"the model has no such column; did you mean {near[0]!r}?" if near else "the model has no such column"

    def _reader(self, column: Column, errors: list[FieldError]) -> Callable[[Any, int], float | str | None]:
        convert = converter(column.kind)

        def read(value: Any, row: int) -> float | str | None:
            if value is None or (isinstance(value, str) and not value.strip()):
                if not column.nullable:
                    message = "a value is needed: the training data had no missing one"
                    errors.append(FieldError(row, column.name, "null", message))
                return None
            try:
                return self._checked(column, convert, value)
            except OutOfRangeError as error:
                errors.append(FieldError(row, column.name, "range", f"it should be {error}, not {self._told(value)}"))
            except ValueError as error:
                errors.append(FieldError(row, column.name, "type", f"it should be {error}, not {self._told(value)}"))
            return None

        return read

    def _checked(self, column: Column, convert: Converter, value: Any) -> float | str:
        made = convert(value)
        if isinstance(made, str) and len(made) > self.longest_text:
            message = f"a text of at most {self.longest_text:,} characters"
            raise OutOfRangeError(message)
        bound = self.bounds.get(column.name)
        if bound is not None and bound.outside(np.array([made], dtype=object if isinstance(made, str) else float))[0]:
            raise OutOfRangeError(bound.said)
        return made

    def _told(self, value: Any) -> str:
        if self._redact:
            return _type_of(value)
        said = repr(value)
        return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


def _unless(errors: list[FieldError], inputs: Inputs) -> Inputs:
    if errors:
        raise InvalidRowsError(errors)
    return inputs


def _array(column: Column, values: list[float | str | None]) -> NDArray[Any]:
    if column.kind in TEXTUAL:
        return np.array([value or "" for value in values], dtype=object).reshape(-1, 1)
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64).reshape(-1, 1)


def _missing(column: Column, row: int | None) -> FieldError:
    null = ", or null" if column.nullable else ""
    made = f": {column.made}" if column.made else ""
    return FieldError(row, column.name, "missing", f"{expected(column.kind)} is needed{null}{made}")


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "this number"
    return {"str": "this text", "list": "a list"}.get(type(value).__name__, "an object")
