"""The OpenAPI 3.1 document of a model: its own columns, their constraints, and requests that can be sent."""

from typing import Any

from slipway import __version__
from slipway.serving.docs.schemas import Json, ref, schemas
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.v2 import protocol
from slipway.settings import Settings

_REFUSALS = {
    "400": "The body is not JSON, or contradicts the protocol.",
    "413": "The body is too large or has too many rows.",
    "422": "Fields can't be used; all of them are listed.",
    "503": "The model is not loaded, or too many large requests wait; try again.",
}


def document(predictor: Predictor, settings: Settings) -> Json:
    """The document.

    Args:
        predictor: The model.
        settings: How the server answers.
    """
    document: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Model {predictor.name}",
            "version": predictor.version,
            "summary": f"Predicts {predictor.bundle.schema.target.name}.",
            "description": f"Served by slipway {__version__}.",
        },
        "paths": _paths(predictor, settings),
        "components": {"schemas": schemas(predictor, settings)},
    }
    if settings.token_file:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]
    return document


def _paths(predictor: Predictor, settings: Settings) -> Json:
    rows = {"rows": predictor.bundle.golden.rows(predictor.bundle.schema)[:1]}
    model = f"/v2/models/{predictor.name}"
    metrics = {} if settings.metrics_port else {"/metrics": _get("Metrics for Prometheus.", "text/plain")}
    feedback = {"id": "the id of an answer", "row": 0, "truth": _truth(predictor)}
    return {
        "/predict": _post("Predicts rows or columns.", "Request", "Answer", rows),
        "/explain": _post("What each column contributes to a prediction.", "Request", "Explanations", rows),
        "/feedback": {
            "post": {
                "summary": "Takes what turned out to be true.",
                "requestBody": _body("Feedback", feedback),
                "responses": {
                    "202": {"description": "Taken.", "content": {"application/json": {}}},
                    **_refusals("400", "413", "422", "503"),
                    "409": _refused("No prediction log is configured."),
                },
            }
        },
        "/schema": _get("The model's columns and target."),
        "/healthz": _get("Whether the process is alive."),
        "/readyz": _get("Whether the models are ready.", refusals=("503",)),
        **metrics,
        "/v2": _get("The server, as the Open Inference Protocol describes it."),
        "/v2/health/live": _get("Whether the server is alive."),
        "/v2/health/ready": _get("Whether the models are ready.", refusals=("503",)),
        model: _get("The model's inputs and outputs."),
        f"{model}/ready": _get("Whether the model is ready.", refusals=("503",)),
        f"{model}/infer": _post(
            "The Open Inference Protocol, version 2.", "Inference", "Inferred", _tensors(predictor, rows["rows"])
        ),
    }


def _truth(predictor: Predictor) -> Any:
    target = predictor.bundle.schema.target
    return target.label(1) if target.classes else float(predictor.bundle.golden.outputs[0])


def _tensors(predictor: Predictor, rows: list[Json]) -> Json:
    inputs = [
        {"name": column.name, "shape": [1], "datatype": protocol.datatype(column), "data": [rows[0][column.name]]}
        for column in predictor.bundle.schema.columns
    ]
    return {"inputs": inputs}


def _get(summary: str, kind: str = "application/json", refusals: tuple[str, ...] = ()) -> Json:
    responses = {"200": {"description": "It is.", "content": {kind: {}}}, **_refusals(*refusals)}
    return {"get": {"summary": summary, "responses": responses}}


def _post(summary: str, asked: str, answered: str, example: Json) -> Json:
    answer = {"description": "Answered.", "content": {"application/json": {"schema": ref(answered)}}}
    responses = {"200": answer, **_refusals("400", "413", "422", "503")}
    return {"post": {"summary": summary, "requestBody": _body(asked, example), "responses": responses}}


def _body(name: str, example: Json) -> Json:
    return {
        "required": True,
        "content": {"application/json": {"schema": ref(name), "examples": {"one": {"value": example}}}},
    }


def _refusals(*statuses: str) -> Json:
    return {status: _refused(_REFUSALS[status]) for status in statuses}


def _refused(said: str) -> Json:
    return {"description": said, "content": {"application/json": {"schema": ref("Refusal")}}}
