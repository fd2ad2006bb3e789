"""Asks a server by KServe's client: python kserve_client.py URL MODEL < columns.json, prints the probabilities."""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput


async def main(url: str, model: str, columns: dict[str, list[str | float]]) -> None:
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    ready = await client.is_server_live(url), await client.is_server_ready(url), await client.is_model_ready(url, model)
    answers = []
    for binary in (False, True):
        inputs = [tensor(name, values, binary=binary) for name, values in columns.items()]
        wanted = [RequestedOutput("probabilities", {"binary_data": binary})]
        request = InferRequest(model, inputs, request_id="mine-1", request_outputs=wanted)
        answer = await client.infer(url, request, model_name=model)
        answers.append({"id": answer.id, "probabilities": answer.outputs[0].as_numpy().tolist()})
    sys.stdout.write(json.dumps({"ready": ready, "answers": answers}))


def tensor(name: str, values: list[str | float], *, binary: bool) -> InferInput:
    textual = any(isinstance(value, str) for value in values)
    array = np.array(values, dtype=object if textual else np.float64)
    made = InferInput(name, list(array.shape), "BYTES" if textual else "FP64")
    made.set_data_from_numpy(array, binary_data=binary)
    return made


asyncio.run(main(*sys.argv[1:], json.load(sys.stdin)))
