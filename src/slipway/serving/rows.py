"""Rows of a request as the inputs of a graph, or what is wrong with each field."""

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import TEXTUAL, Column, Schema
from slipway.serving.values import Converter, converter, expected

MAX_REPORTED = 100
"""Most wrong fields that one answer lists."""

Problem = Literal["missing", "unknown", "null", "type"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of one row.

    Attributes:
        row: Position of the row, from 0; None for a column that all rows share.
        field: The field's name.
        problem: ``missing``, ``unknown``, ``null`` or ``type``.
        message: What to do, without the field's value.
    """

    row: int | None
    field: str
    problem: Problem
    message: str


class InvalidRowsError(Exception):
    """Fields that can't be used.

    Attributes:
        errors: All of them.
    """

    def __init__(self, errors: list[FieldError]) -> None:
        fields = "1 field" if len(errors) == 1 else f"{len(errors):,} fields"
        super().__init__(f"{fields} can't be used")
        self.errors = sorted(errors, key=lambda error: error.row or 0)

    def to_dict(self) -> dict[str, Any]:
        """The answer to a request with such rows; it lists the first ``MAX_REPORTED``."""
        return {"error": str(self), "errors": [asdict(error) for error in self.errors[:MAX_REPORTED]]}


class Decoder:
    """Turns rows into inputs.

    Args:
        schema: The model's columns.
    """

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._columns = [(column, converter(column.kind)) for column in schema.columns]
        self._known = frozenset(schema.names)

    def rows(self, rows: list[dict[str, Any]]) -> dict[str, NDArray[Any]]:
        """Inputs of rows.

        Args:
            rows: Objects with a value for each column; at least one.

        Returns:
            Column name to an array of shape (n, 1).

        Raises:
            InvalidRowsError: Some fields can't be used; all of them are in it.
        """
        errors = [error for place, row in enumerate(rows) for error in self._unknown(row, place)]
        inputs = {column.name: self._from_rows(column, convert, rows, errors) for column, convert in self._columns}
        if errors:
            raise InvalidRowsError(errors)
        return inputs

    def columns(self, columns: dict[str, list[Any]]) -> dict[str, NDArray[Any]]:
        """Inputs of columns of the same length; see ``rows``."""
        errors = self._unknown(columns, None)
        inputs = {}
        for column, convert in self._columns:
            if column.name not in columns:
                errors.append(_missing(column, None))
                continue
            values = [_value(column, convert, value, row, errors) for row, value in enumerate(columns[column.name])]
            inputs[column.name] = _array(column, values)
        if errors:
            raise InvalidRowsError(errors)
        return inputs

    def _from_rows(
        self, column: Column, convert: Converter, rows: list[dict[str, Any]], errors: list[FieldError]
    ) -> NDArray[Any]:
        values: list[float | str | None] = []
        for place, row in enumerate(rows):
            if column.name in row:
                values.append(_value(column, convert, row[column.name], place, errors))
            else:
                errors.append(_missing(column, place))
        return _array(column, values)

    def _unknown(self, fields: dict[str, Any], row: int | None) -> list[FieldError]:
        return [FieldError(row, name, "unknown", self._why_unknown(name)) for name in fields if name not in self._known]

    def _why_unknown(self, name: str) -> str:
        if name == self._schema.target.name:
            return "it is what the model predicts; leave it out"
        if name in self._schema.excluded:
            return f"the model does not use it ({self._schema.excluded[name]}); leave it out"
        near = get_close_matches(name, self._schema.names, n=1)
        return f"the model has no such column; did you mean {near[0]!r}?" if near else "the model has no such column"


def _value(column: Column, convert: Converter, value: Any, row: int, errors: list[FieldError]) -> float | str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        if not column.nullable:
            errors.append(
                FieldError(row, column.name, "null", "a value is needed: the training data had no missing one")
            )
        return None
    try:
        return convert(value)
    except ValueError as error:
        errors.append(FieldError(row, column.name, "type", f"it should be {error}, not {_type_of(value)}"))
        return None


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
