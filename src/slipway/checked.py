"""Parsed YAML, JSON, flags and variables as a settings dataclass, or a sentence on what is wrong."""

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from slipway.errors import ServingError
from slipway.settings import Range

Settings = TypeVar("Settings")

_TRUTH = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def checked(raw: Any, cls: type[Settings], where: str) -> Settings:
    """Fields as a dataclass.

    Args:
        raw: Names and values; text stands for numbers and booleans too.
        cls: The dataclass.
        where: What the sentence calls the place.

    Raises:
        ServingError: A field is unknown, missing, or has a value that is not allowed.
    """
    if not isinstance(raw, Mapping):
        raise _wrong(where, raw, "fields")
    hints = get_type_hints(cls, include_extras=True)
    known = {item.name: item for item in fields(cast("Any", cls))}
    for name in raw:
        if name not in known:
            near = get_close_matches(str(name), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are: {', '.join(known)}"
            message = f"{where}: field {str(name)!r} is unknown; {hint}"
            raise ServingError(message)
    for name, item in known.items():
        if name not in raw and item.default is MISSING and item.default_factory is MISSING:
            message = f"{where}: field {name!r} is missing and has no default"
            raise ServingError(message)
    return cls(**{name: _value(hints[name], value, f"{where}: {name}") for name, value in raw.items()})


def plain(hint: Any) -> bool:
    """Whether a type is one value: text, a number or a boolean."""
    return (get_args(hint)[0] if get_origin(hint) is Annotated else hint) in (str, int, float, bool)


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _in_range(_value(parts[0], value, where), parts[1], where)
    if is_dataclass(hint):
        return checked(value, cast("type[Any]", hint), where)
    if origin in (Union, types.UnionType):
        return _either(parts, value, where)
    if origin is tuple:
        return tuple(_value(parts[0], item, where) for item in _as(list, value, where, "a list"))
    if origin is dict:
        items = _as(dict, value, where, "names with fields").items()
        return {str(name): _value(parts[1], item, f"{where}.{name}") for name, item in items}
    return _scalar(hint, value, where)


def _either(parts: tuple[Any, ...], value: Any, where: str) -> Any:
    """A value or nothing; of several scalars, the value as it is."""
    if value is None and types.NoneType in parts:
        return None
    others = [part for part in parts if part is not types.NoneType]
    if len(others) == 1:
        return _value(others[0], value, where)
    if not isinstance(value, (str, int, float, bool)):
        raise _wrong(where, value, "a text, a number or a boolean")
    return value


def _scalar(hint: Any, value: Any, where: str) -> Any:
    if hint is bool:
        truth = value if isinstance(value, bool) else _TRUTH.get(str(value).lower())
        if truth is None:
            raise _wrong(where, value, "true or false")
        return truth
    if hint is str:
        return _as(str, value, where, "a text")
    try:
        if isinstance(value, bool):
            raise ValueError
        return hint(value) if isinstance(value, (str, hint)) else _as((int, float), value, where, "a number")
    except ValueError:
        raise _wrong(where, value, "an integer" if hint is int else "a number") from None


def _in_range(value: Any, allowed: Range, where: str) -> Any:
    if value is not None and not allowed.low <= value <= allowed.high:
        raise _wrong(where, value, f"from {allowed.low:g} to {allowed.high:g}")
    return value


def _as(kind: Any, value: Any, where: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise _wrong(where, value, words)
    return value


def _wrong(where: str, value: Any, expected: str) -> ServingError:
    return ServingError(f"{where} is {value!r}; it should be {expected}")
