"""What the Open Inference Protocol, version 2, says of the server and its models."""

from typing import Any

from slipway import __version__
from slipway.data.schema import Column
from slipway.serving.bundles.models import Models
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.v2.tensors import DATATYPES
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response, json


def datatype(column: Column) -> str:
    """The protocol's datatype of a column; an integer that may be missing is FP64, for NaN stands for null."""
    if column.nullable and column.kind in ("integer", "boolean"):
        return "FP64"
    return DATATYPES[column.kind]


def outputs(predictor: Predictor) -> list[dict[str, Any]]:
    """Name, datatype and shape of each output."""
    target = predictor.bundle.schema.target
    if target.task == "regression":
        return [{"name": "value", "datatype": "FP64", "shape": [-1]}]
    return [
        {"name": "label", "datatype": DATATYPES[target.kind], "shape": [-1]},
        {"name": "probabilities", "datatype": "FP64", "shape": [-1, len(target.classes)]},
    ]


class Protocol:
    """Handlers of the protocol's questions.

    Args:
        models: The models.
    """

    def __init__(self, models: Models) -> None:
        self._models = models

    def server(self, _: Request) -> Response:
        """The server's name, version and extensions."""
        return json({"name": "slipway", "version": __version__, "extensions": ["binary_tensor_data"]})

    def live(self, _: Request) -> Response:
        """Whether the server is alive."""
        return json({"live": True})

    def ready(self, request: Request) -> Response:
        """Whether a model, or where none is named every model, is ready."""
        predictor = self._models.choose(request)
        return json({"name": predictor.name, "ready": True} if "name" in request.parameters else {"ready": True})

    def model(self, request: Request) -> Response:
        """A model's inputs and outputs."""
        predictor = self._models.choose(request)
        inputs = [
            {"name": column.name, "datatype": datatype(column), "shape": [-1, 1]}
            for column in predictor.bundle.schema.columns
        ]
        return json(
            {
                "name": predictor.name,
                "versions": [predictor.version],
                "platform": "onnx",
                "inputs": inputs,
                "outputs": outputs(predictor),
            }
        )
