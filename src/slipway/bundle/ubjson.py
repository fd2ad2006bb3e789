"""Universal Binary JSON, draft 12 (https://ubjson.org), as far as XGBoost's model format needs it."""

import struct

import numpy as np
from numpy.typing import NDArray

Value = str | int | dict[str, "Value"] | list["Value"] | NDArray[np.generic]

_TYPES = {
    np.dtype(kind): (marker, np.dtype(kind).newbyteorder(">"))
    for kind, marker in ((np.float32, b"d"), (np.int32, b"l"), (np.int64, b"L"), (np.uint8, b"U"))
}
"""How the type of an array is called, and the order of its bytes."""


def encode(value: Value) -> bytes:
    """A value in UBJSON; arrays are typed, lists are not.

    Args:
        value: Objects, lists, texts, integers of 32 bits, and flat arrays of float32, int32, int64 or uint8.
    """
    if isinstance(value, np.ndarray):
        marker, kind = _TYPES[value.dtype]
        return b"[$" + marker + b"#" + _length(value.size) + value.astype(kind).tobytes()
    if isinstance(value, str):
        return b"S" + _text(value)
    if isinstance(value, int):
        return b"l" + struct.pack(">i", value)
    if isinstance(value, dict):
        return b"{" + b"".join(_text(name) + encode(item) for name, item in value.items()) + b"}"
    return b"[" + b"".join(map(encode, value)) + b"]"


def _length(count: int) -> bytes:
    return b"L" + struct.pack(">q", count)


def _text(text: str) -> bytes:
    data = text.encode()
    return _length(len(data)) + data
