"""``POST /v2/models/{name}/infer``: the Open Inference Protocol, version 2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from slipway.serving.predicting.predictor import Predictor
from slipway.serving.routes.endpoint import Answer, run
from slipway.serving.v2.tensors import BYTES, Tensor, decode, encode
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError, Response
from slipway.settings import Limits

HEADER = b"inference-header-content-length"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request asks.

    Attributes:
        id: Its id; None where it names none.
        tensors: Its inputs.
        outputs: Name of each output it wants, and whether in binary; None for all.
        binary: Whether outputs are binary where it does not say.
    """

    id: str | None
    tensors: list[Tensor]
    outputs: dict[str, bool] | None
    binary: bool


def infer(limits: Limits) -> Answer:
    """What is done with the body of an inference request.

    Args:
        limits: What it may take.
    """

    def answer(request: Request, predictor: Predictor, data: bytes) -> Response:
        ask = parse(data, request.header(HEADER))
        request.name_itself(ask.id)
        columns, request.rows = _columns(ask.tensors, predictor, limits)
        predictor, outputs = run(request, predictor, predictor.decoder.columns(columns))
        tensors = _chosen(predictor.tensors(outputs), ask)
        return _response(request, predictor, tensors)

    return answer


def parse(data: bytes, header: bytes) -> Ask:
    """Reads the body of an inference request.

    Args:
        data: The body: JSON, and binary data after it.
        header: The header that says how long the JSON is; empty where all of it is.

    Raises:
        HttpError: 400 when it contradicts the protocol.
    """
    length = _length(header, len(data))
    try:
        raw = orjson.loads(memoryview(data)[:length])
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}", "json") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("inputs"), list) or not raw["inputs"]:
        raise HttpError(400, 'the body should be {"inputs": [{"name", "shape", "datatype", "data"}, …]}', "shape")
    rest = memoryview(data)[length:]
    tensors = []
    for item in raw["inputs"]:
        tensor, rest = decode(item, rest)
        tensors.append(tensor)
    if len(rest):
        raise HttpError(400, f"{len(rest):,} bytes of the body belong to no input", "tensor")
    named = raw.get("id")
    binary = _flag(raw, "binary_data_output", default=False)
    return Ask(str(named)[:128] if named else None, tensors, _outputs(raw.get("outputs"), binary), binary)


def _length(header: bytes, size: int) -> int:
    if not header:
        return size
    if not header.isdigit() or int(header) > size:
        raise HttpError(400, "Inference-Header-Content-Length is no length of a part of the body", "tensor")
    return int(header)


def _outputs(raw: Any, binary: bool) -> dict[str, bool] | None:
    if not raw:
        return None
    if not isinstance(raw, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in raw
    ):
        raise HttpError(400, "outputs should be a list of objects with a name", "shape")
    return {item["name"]: _flag(item, "binary_data", default=binary) for item in raw}


def _flag(raw: Mapping[str, Any], name: str, *, default: bool) -> bool:
    parameters = raw.get("parameters")
    return bool(parameters.get(name, default)) if isinstance(parameters, dict) else default


def _columns(tensors: list[Tensor], predictor: Predictor, limits: Limits) -> tuple[dict[str, list[Any]], int]:
    """Values by column, and the number of rows; one matrix stands for all columns where they are numbers."""
    rows = {tensor.shape[0] if tensor.shape else 0 for tensor in tensors}
    if len(rows) > 1:
        raise HttpError(400, f"the inputs have different numbers of rows: {sorted(rows)}", "shape")
    count = rows.pop()
    if not count:
        raise HttpError(400, "there is no row in the inputs", "shape")
    if count > limits.rows:
        raise HttpError(413, f"{count:,} rows are more than {limits.rows:,}; send fewer at once", "size")
    names = predictor.numeric_names
    first = tensors[0]
    if (
        len(tensors) == 1
        and len(first.shape) == 2
        and names
        and first.shape[1] == len(names)
        and first.name not in names
    ):
        values = first.values if isinstance(first.values, list) else first.values.ravel()
        parts = [
            Tensor(name, first.datatype, (count, 1), values[place :: len(names)]) for place, name in enumerate(names)
        ]
        return {part.name: _values(part, predictor) for part in parts}, count
    columns = {}
    for tensor in tensors:
        if tensor.shape not in ((count,), (count, 1)):
            message = f"input {tensor.name!r} has shape {list(tensor.shape)}; it should be [{count}] or [{count}, 1]"
            raise HttpError(400, message, "shape")
        if tensor.name in columns:
            raise HttpError(400, f"there are two inputs {tensor.name!r}", "shape")
        columns[tensor.name] = _values(tensor, predictor)
    return columns, count


def _values(tensor: Tensor, predictor: Predictor) -> list[Any]:
    """Values as JSON has them: null for NaN, and true and false where a column of these came as numbers."""
    values = tensor.values
    if not isinstance(values, list):
        holes = values.dtype.kind == "f" and bool(np.isnan(values).any())
        values = values.tolist()
        if holes:
            values = [None if value != value else value for value in values]
    if tensor.datatype not in (BYTES, "BOOL") and predictor.bundle.schema.kinds.get(tensor.name) == "boolean":
        return [bool(value) if type(value) in (int, float) and value in (0, 1) else value for value in values]
    return values


def _chosen(tensors: list[Tensor], ask: Ask) -> list[tuple[Tensor, bool]]:
    if ask.outputs is None:
        return [(tensor, ask.binary) for tensor in tensors]
    found = {tensor.name: tensor for tensor in tensors}
    for name in ask.outputs:
        if name not in found:
            raise HttpError(400, f"there is no output {name[:200]!r}; there are: {', '.join(found)}", "shape")
    return [(found[name], binary) for name, binary in ask.outputs.items()]


def _response(request: Request, predictor: Predictor, tensors: list[tuple[Tensor, bool]]) -> Response:
    encoded = [encode(tensor, binary=binary) for tensor, binary in tensors]
    head = orjson.dumps(
        {
            "model_name": predictor.name,
            "model_version": predictor.version,
            "id": request.id,
            "outputs": [head for head, _ in encoded],
        },
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    if not any(binary for _, binary in tensors):
        return Response(head)
    headers = ((b"content-type", b"application/octet-stream"), (HEADER, b"%d" % len(head)))
    return Response(b"".join([head, *(data for _, data in encoded)]), headers=headers)
