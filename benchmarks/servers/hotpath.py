"""Where the microseconds of a request go inside the server; ``python hotpath.py FOLDER`` prints a table."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import polars as pl
from uvicorn.server import ServerState

from slipway.bundle.load import Bundle, load
from slipway.serving.app import create
from slipway.serving.inputs import body
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.process.worker import configured
from slipway.serving.web.connection import Connection
from slipway.settings import Limits, Settings

CALLS = 50
REPEATS = 200


def best(call: Callable[[int], Any]) -> float:
    """Microseconds of a call: the mean over different rows, the best of several times."""
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for place in range(CALLS):
            call(place)
        taken.append((time.perf_counter() - began) / CALLS * 1e6)
    return min(taken)


class Transport(asyncio.Transport):
    """Takes answers and forgets them."""

    def write(self, data: bytes) -> None:
        self.last = data

    def is_closing(self) -> bool:
        return False


async def whole(bundle: Bundle, bodies: list[bytes]) -> float:
    """Microseconds from the bytes of a request to those of its answer, with validation, metrics and access log."""
    settings = Settings(access_log=True)
    config = configured(create(bundle, settings), settings, settings.tls)
    connection = Connection(config=config, server_state=ServerState(), app_state={})
    transport = Transport()
    connection.connection_made(transport)
    head = "POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n"
    requests = [head.format(len(content)).encode() + content for content in bodies]
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        for request in requests:
            connection.data_received(request)
        taken.append((time.perf_counter() - began) / len(bodies) * 1e6)
        assert transport.last.startswith(b"HTTP/1.1 200"), transport.last
        await asyncio.sleep(0)
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
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the access log goes there, until the end
    total = asyncio.run(whole(bundle, bodies))
    parts["HTTP, routing, metrics, access log"] = total - sum(parts.values())
    for name, microseconds in {**parts, "from bytes to bytes": total}.items():
        print(f"{name:<36}{microseconds:>8.1f} µs{microseconds / total:>8.0%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
