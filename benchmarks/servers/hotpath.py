"""Where the microseconds of a request go inside the server; ``python hotpath.py FOLDER`` prints a table."""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from slipway.bundle.load import load
from slipway.serving.app import create
from slipway.serving.inputs import body
from slipway.serving.predicting.predictor import Predictor
from slipway.settings import Limits

CALLS = 500
REPEATS = 20


def best(call: Callable[[int], Any]) -> float:
    """Microseconds of a call: the mean over different rows, the best of several times."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for place in range(CALLS):
            call(place)
        taken.append((time.perf_counter() - began) / CALLS * 1e6)
    return min(taken)


async def whole(app: Any, bodies: list[bytes]) -> float:
    """Microseconds of a request through the application, with validation and metrics."""

    async def send(_: Any) -> None:
        return None

    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for content in bodies:

            async def receive(content: bytes = content) -> dict[str, Any]:
                return {"type": "http.request", "body": content}

            headers = [(b"host", b"x"), (b"content-length", b"%d" % len(content))]
            scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": headers}
            await app(scope, receive, send)
        taken.append((time.perf_counter() - began) / len(bodies) * 1e6)
    return min(taken)


def main(folder: Path) -> None:
    bundle = load(folder / "bundle")
    predictor, limits = Predictor(bundle), Limits()
    rows = pl.read_parquet(folder / "data.parquet").drop("y").head(CALLS).to_dicts()
    bodies = [orjson.dumps({"rows": [row]}) for row in rows]
    inputs = [predictor.decoder.rows([row]) for row in rows]
    outputs = [predictor.predict(item) for item in inputs]
    parts = {
        "parse the body": best(lambda at: body.parse(bodies[at], limits)),
        "check and decode 20 columns": best(lambda at: predictor.decoder.rows([rows[at]])),
        "onnxruntime": best(lambda at: predictor.predict(inputs[at])),
        "write the answer": best(lambda at: orjson.dumps({"predictions": predictor.answers(outputs[at])})),
    }
    total = asyncio.run(whole(create(bundle), bodies))
    parts["route, request, metrics"] = total - sum(parts.values())
    for name, microseconds in {**parts, "the application": total}.items():
        print(f"{name:<28}{microseconds:>8.1f} µs{microseconds / total:>8.0%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
