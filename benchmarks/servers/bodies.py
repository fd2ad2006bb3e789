"""Requests for a soak: good ones, ones whose fields are wrong, and ones that a fuzzer spoiled."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

Row = dict[str, Any]
Sent = tuple[str, bytes, str]
"""A path, a body, and further header lines."""

_ODD = (b"null", b"true", b"-0", b"1e999", b"NaN", b"9" * 400, b'"\\ud800"', b'"\\u0000"', b"[]", b"{}", b"[" * 3000,
        b'{"a":' * 500, b'"' + b"x" * 20_000 + b'"', b"\xff\xfe", b"")  # fmt: skip


def _tensors(row: Row) -> bytes:
    def tensor(name: str, value: Any) -> Row:
        kind = "BYTES" if isinstance(value, str) else "FP64"
        return {"name": name, "shape": [1], "datatype": kind, "data": [value]}

    return json.dumps({"inputs": [tensor(*item) for item in row.items()]}).encode()


def _binary(row: Row) -> tuple[bytes, str]:
    """The binary extension: the texts of one column after the JSON."""
    name, value = next(item for item in row.items() if isinstance(item[1], str))
    data = len(value.encode()).to_bytes(4, "little") + value.encode()
    raw = json.loads(_tensors(row))
    for tensor in raw["inputs"]:
        if tensor["name"] == name:
            del tensor["data"]
            tensor["parameters"] = {"binary_data_size": len(data)}
    head = json.dumps(raw).encode()
    return head + data, f"inference-header-content-length: {len(head)}\r\n"


def _good(rows: list[Row], random: Random) -> Sent:
    row = random.choice(rows)
    form = random.choices(("row", "columns", "tensors", "binary", "many", "explain"), (70, 10, 10, 5, 0.5, 0.05))[0]
    if form == "tensors":
        return "/v2/models/bench/infer", _tensors(row), ""
    if form == "binary":
        return "/v2/models/bench/infer", *_binary(row)
    if form == "explain":
        return "/explain", json.dumps({"rows": [row]}).encode(), ""
    content = {
        "row": lambda: {"rows": [row]},
        "columns": lambda: {"columns": {name: [value] for name, value in row.items()}},
        "many": lambda: {"rows": rows[:200]},
    }[form]()
    return "/predict", json.dumps(content).encode(), ""


def _wrong(rows: list[Row], random: Random) -> Sent:
    row = dict(random.choice(rows))
    for name in random.sample(list(row), 3):
        row[name] = random.choice([None, True, -1, 1e300, 2**60, "", "x", "x" * 11_000, [], {}])
    if random.random() < 0.5:
        row.pop(random.choice(list(row)))
    return "/predict", json.dumps({"rows": [row]}).encode(), ""


def _spoiled(rows: list[Row], random: Random) -> Sent:
    path, body, more = _good(rows, random)
    at, end = sorted(random.randrange(len(body) + 1) for _ in range(2))
    spoil: Callable[[], bytes] = random.choice(
        [
            lambda: body[:at],
            lambda: body[:at] + body[end:],
            lambda: body[:end] + body[at:],
            lambda: body[:at] + random.randbytes(random.randrange(1, 9)) + body[at:],
            lambda: body[:at] + random.choice(_ODD) + body[end:],
            lambda: bytes(value ^ (random.random() < 0.01) << random.randrange(8) for value in body),
            lambda: random.randbytes(random.randrange(2000)),
        ]
    )
    return path, spoil(), more


def requests(rows: list[Row], count: int, seed: int) -> list[bytes]:
    """Whole HTTP requests: seven of ten good, one with wrong fields, two spoiled.

    Args:
        rows: Rows of the model.
        count: Number of requests.
        seed: The same one gives the same requests.
    """
    random = Random(seed)
    made = random.choices((_good, _wrong, _spoiled), (7, 1, 2), k=count)
    return [_http(*make(rows, random)) for make in made]


def _http(path: str, body: bytes, more: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body
