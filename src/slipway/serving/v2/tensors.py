"""Tensors of the Open Inference Protocol, version 2, in JSON and in its binary extension."""

import struct
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind
from slipway.serving.web.response import HttpError

DTYPES: Final = {
    "BOOL": np.dtype(np.bool_),
    "UINT8": np.dtype("<u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("<i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
BYTES: Final = "BYTES"

DATATYPES: Final[dict[Kind, str]] = {
    "number": "FP64",
    "integer": "INT64",
    "boolean": "BOOL",
    "category": BYTES,
    "text": BYTES,
    "date": BYTES,
}
"""The datatype of each kind of column."""

_DIMENSIONS = 8
_LENGTH = struct.Struct("<I")


class TensorError(HttpError):
    """A tensor contradicts the protocol."""

    def __init__(self, sentence: str) -> None:
        super().__init__(400, sentence, "tensor")


@dataclass(frozen=True, slots=True)
class Tensor:
    """A named tensor.

    Attributes:
        name: Its name.
        datatype: ``BYTES``, or a key of ``DTYPES``.
        shape: Its shape.
        values: Its values in one dimension, row by row; a list where they came as JSON or are texts.
    """

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: list[Any] | NDArray[Any]


def decode(raw: Any, binary: memoryview) -> tuple[Tensor, memoryview]:
    """One tensor of a request.

    Args:
        raw: Its JSON object.
        binary: The binary data of this tensor and those after it.

    Returns:
        The tensor, and the binary data that remains.

    Raises:
        TensorError: The two contradict the protocol.
    """
    name, datatype, shape = _head(raw)
    count = int(np.prod(shape, dtype=object))
    size = _parameter(raw, "binary_data_size")
    if size is None:
        values: list[Any] | NDArray[Any] = _flat(raw.get("data"), name, len(shape))
    else:
        if not isinstance(size, int) or not 0 <= size <= len(binary):
            message = f"input {name!r} says that it has {size!r:.50} bytes; {len(binary):,} remain of the body"
            raise TensorError(message)
        values = _from_bytes(name, datatype, binary[:size])
        binary = binary[size:]
    if len(values) != count:
        message = f"input {name!r} of shape {list(shape)} needs {count:,} values; it has {len(values):,}"
        raise TensorError(message)
    return Tensor(name, datatype, shape, values), binary


def encode(tensor: Tensor, *, binary: bool) -> tuple[dict[str, Any], bytes]:
    """One tensor of an answer: its JSON object, and its binary data.

    Args:
        tensor: The tensor.
        binary: Whether its values go into the binary data.
    """
    head: dict[str, Any] = {"name": tensor.name, "datatype": tensor.datatype, "shape": tensor.shape}
    if not binary:
        return {**head, "data": tensor.values}, b""
    data = _to_bytes(tensor)
    return {**head, "parameters": {"binary_data_size": len(data)}}, data


def _head(raw: Any) -> tuple[str, str, tuple[int, ...]]:
    if not isinstance(raw, dict) or not isinstance(raw.get("name"), str):
        message = "each input is an object with name, shape, datatype and data"
        raise TensorError(message)
    name, datatype, shape = raw["name"][:1000], raw.get("datatype"), raw.get("shape")
    if not isinstance(datatype, str) or datatype not in (*DTYPES, BYTES):
        message = f"input {name!r} has datatype {datatype!r:.50}; known are: {', '.join([*DTYPES, BYTES])}"
        raise TensorError(message)
    if not isinstance(shape, list) or len(shape) > _DIMENSIONS or not all(map(_is_size, shape)):
        message = f"input {name!r} needs a shape: a list of at most {_DIMENSIONS} sizes"
        raise TensorError(message)
    return name, datatype, tuple(shape)


def _is_size(size: Any) -> bool:
    return type(size) is int and size >= 0


def _parameter(raw: dict[str, Any], name: str) -> Any:
    parameters = raw.get("parameters")
    return parameters.get(name) if isinstance(parameters, dict) else None


def _flat(data: Any, name: str, dimensions: int) -> list[Any]:
    if not isinstance(data, list):
        message = f"input {name!r} has no data: a list is needed"
        raise TensorError(message)
    values: list[Any] = data
    for _ in range(dimensions - 1):
        if not any(isinstance(item, list) for item in values):
            break
        values = [value for item in values for value in (item if isinstance(item, list) else [item])]
    return values


def _from_bytes(name: str, datatype: str, data: memoryview) -> list[Any] | NDArray[Any]:
    if datatype == BYTES:
        return _texts(name, data)
    dtype = DTYPES[datatype]
    if len(data) % dtype.itemsize:
        message = f"input {name!r} has {len(data):,} bytes, which is no multiple of the size of {datatype}"
        raise TensorError(message)
    return np.frombuffer(data, dtype=dtype)


def _texts(name: str, data: memoryview) -> list[str]:
    texts = []
    place = 0
    try:
        while place < len(data):
            (length,) = _LENGTH.unpack_from(data, place)
            place += _LENGTH.size
            if place + length > len(data):
                message = f"input {name!r}: a text of {length:,} bytes is cut off"
                raise TensorError(message)
            texts.append(str(data[place : place + length], "utf-8"))
            place += length
    except (struct.error, UnicodeDecodeError) as error:
        message = f"input {name!r} holds no texts in UTF-8, each after its length in 4 bytes: {error}"
        raise TensorError(message) from None
    return texts


def _to_bytes(tensor: Tensor) -> bytes:
    if tensor.datatype != BYTES:
        return np.asarray(tensor.values).astype(DTYPES[tensor.datatype], copy=False).tobytes()
    texts = [str(value).encode() for value in tensor.values]
    return b"".join(part for text in texts for part in (_LENGTH.pack(len(text)), text))
