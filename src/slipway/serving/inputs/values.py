"""JSON values as what a graph takes, by the kind of their column."""

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from slipway.data.schema import Kind

LARGEST_INTEGER: Final = 2**53
"""Largest integer that a float64 tells apart from its neighbours."""

_WHITESPACE: Final = re.compile(r"[\t-\r\x85\xa0 ]+")
"""What separates the words of a text, as in ``slipway.features.inputs``."""

Converter = Callable[[Any], float | str]


class OutOfRangeError(ValueError):
    """A value has the right type, but is too large or too small."""


def converter(kind: Kind) -> Converter:
    """The function that turns a JSON value, not null, into a graph's value.

    The function raises ``ValueError`` with what is expected when the value is not of the kind, ``OutOfRangeError`` when
    it is too large or too small.

    Args:
        kind: The column's kind.
    """
    return _CONVERTERS[kind]


def expected(kind: Kind) -> str:
    """What a value of a kind should be, in words."""
    return _EXPECTED[kind]


def _number(value: Any) -> float:
    if type(value) is float or type(value) is int:
        if math.isfinite(value):
            return float(value)
        message = "a finite number"
        raise OutOfRangeError(message)
    raise ValueError(_EXPECTED["number"])


def _integer(value: Any) -> float:
    if type(value) is int or (type(value) is float and value.is_integer()):
        if abs(value) <= LARGEST_INTEGER:
            return float(value)
        message = "an integer of at most 2^53"
        raise OutOfRangeError(message)
    raise ValueError(_EXPECTED["integer"])


def _boolean(value: Any) -> float:
    if type(value) is bool:
        return float(value)
    raise ValueError(_EXPECTED["boolean"])


def _category(value: Any) -> str:
    if type(value) is str:
        return value.strip()
    raise ValueError(_EXPECTED["category"])


def _text(value: Any) -> str:
    return _WHITESPACE.sub(" ", _category(value)).strip(" ")


def _date(value: Any) -> float:
    try:
        return seconds(value.strip())
    except (AttributeError, TypeError, ValueError):
        raise ValueError(_EXPECTED["date"]) from None


def seconds(text: str) -> float:
    """A date in ISO 8601 as seconds since 1970; UTC where it names no zone.

    Raises:
        ValueError: It is no date.
    """
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


_EXPECTED: Final[dict[Kind, str]] = {
    "number": "a number",
    "integer": "an integer",
    "boolean": "true or false",
    "category": "a text",
    "text": "a text",
    "date": "a date as 2026-11-21 or 2026-11-21T09:30:00Z",
}
_CONVERTERS: Final[dict[Kind, Converter]] = {
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "category": _category,
    "text": _text,
    "date": _date,
}
