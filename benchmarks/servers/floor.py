"""The floor: bare ASGI, orjson and onnxruntime, with no validation, no metrics and no log."""

import sys

import numpy as np
import onnxruntime
import orjson
import uvicorn

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(f"{sys.argv[1]}/bundle/model.onnx", options, providers=["CPUExecutionProvider"])
KINDS = {item.name: object if item.type == "tensor(string)" else np.float64 for item in session.get_inputs()}
HEADERS = [(b"content-type", b"application/json")]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    row = orjson.loads((await receive())["body"])["rows"][0]
    inputs = {name: np.array([[row[name]]], dtype=kind) for name, kind in KINDS.items()}
    body = orjson.dumps({"predictions": session.run(None, inputs)[-1].tolist()})
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning", lifespan="off")
