"""A fuzzer led by coverage (atheris) against all that reads a request's body; it ends with the first server error.

Half of the inputs are bytes, the others are requests with parts replaced, so that they come through the JSON parser.

Run it with a bundle's folder and the time in seconds, in an environment that has atheris: ``fuzz.py BUNDLE 60``.
"""

import copy
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris
import orjson

with atheris.instrument_imports(include=["slipway.serving", "slipway.data.schema"]):
    from slipway.bundle.load import Bundle, load
    from slipway.serving.app import App, create
    from slipway.serving.v2.infer import HEADER
    from slipway.serving.v2.tensors import DTYPES
    from slipway.serving.web.request import arrive
    from slipway.settings import Log, Settings


def requests(bundle: Bundle) -> dict[str, Any]:
    """Path to a body that is answered."""
    row = bundle.golden.rows(bundle.schema)[0]
    tensors = [
        {"name": name, "shape": [1], "datatype": "BYTES" if isinstance(value, str) else "FP64", "data": [value]}
        for name, value in row.items()
    ]
    return {
        "/predict": {"rows": [row]},
        f"/v2/models/{bundle.manifest.name}/infer": {"inputs": tensors, "outputs": [{"name": "label"}], "id": "r"},
        "/feedback": {"id": "r", "row": 0, "truth": (bundle.manifest.classes or (1.0,))[0]},
    }


def value(given: atheris.FuzzedDataProvider) -> Any:
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: None,
        given.ConsumeBool,
        lambda: given.ConsumeInt(8),
        lambda: given.ConsumeIntInRange(-2, 3),
        given.ConsumeFloat,
        lambda: given.ConsumeUnicodeNoSurrogates(given.ConsumeIntInRange(0, 40)),
        lambda: given.PickValueInList([*DTYPES, "BYTES", "data", "shape", "parameters", "binary_data_size"]),
        lambda: [value(given) for _ in range(given.ConsumeIntInRange(0, 2))],
        lambda: {"binary_data_size": given.ConsumeIntInRange(-1, 64), "name": "label"},
    )
    return kinds[given.ConsumeIntInRange(0, len(kinds) - 1)]()


def replaced(raw: Any, given: atheris.FuzzedDataProvider) -> bytes:
    """A body with some of its parts replaced."""
    for _ in range(given.ConsumeIntInRange(0, 4)):
        node = raw
        while node:
            key = given.PickValueInList(list(node) if isinstance(node, dict) else list(range(len(node))))
            if not isinstance(node[key], (dict, list)) or given.ConsumeBool():
                node[key] = value(given)
                break
            node = node[key]
    return orjson.dumps(raw)


def fuzz(app: App, known: dict[str, Any], data: bytes) -> None:
    """One input: a path, where binary data may begin, and the body."""
    given = atheris.FuzzedDataProvider(data)
    path, binary = given.PickValueInList(list(known)), given.ConsumeBool()
    if given.ConsumeBool():
        body = replaced(copy.deepcopy(known[path]), given)
        length = len(body)
        body += given.ConsumeBytes(64) if binary else b""
    else:
        body = given.ConsumeBytes(len(data))
        length = len(body) // 2
    request = arrive("POST", path, b"", [(HEADER, b"%d" % length)] if binary else [])
    request.body = body
    response = app.at_once(request)
    if response is not None and response.status >= 500 and request.problem != "busy":
        raise RuntimeError(response.body.decode())


def main() -> None:
    bundle, seconds = load(Path(sys.argv[1])), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        app = create(bundle, Settings(log=Log(folder, seconds=3600)))
        known = requests(bundle)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}"], lambda data: fuzz(app, known, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
