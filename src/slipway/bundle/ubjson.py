"""Universal Binary JSON, draft 12 (https://ubjson.org), as far as XGBoost's model format needs it."""

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Value = str | int | Mapping[str, "Value"] | Sequence["Value"] | NDArray[np.generic]

_MARKERS = {"f4": b"d", "i4": b"l", "i8": b"L", "u1": b"U"}


def encode(value: Value) -> bytes:
    """A value in UBJSON; arrays are typed, lists are not.

    Args:
        value: Objects, lists, texts, integers of 32 bits, and flat arrays of float32, int32, int64 or uint8.
    """
    if isinstance(value, np.ndarray):
        marker = _MARKERS[value.dtype.str[1:]]
        return b"[$" + marker + b"#" + _length(value.size) + value.astype(value.dtype.newbyteorder(">")).tobytes()
    if isinstance(value, str):
        return b"S" + _text(value)
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, Mapping):
        return b"{" + b"".join(_text(name) + encode(item) for name, item in value.items()) + b"}"
    return b"[" + b"".join(map(encode, value)) + b"]"


def _length(count: int) -> bytes:
    return b"L" + struct.pack(">q", count)


def _text(text: str) -> bytes:
    data = text.encode()
    return _length(len(data)) + data
