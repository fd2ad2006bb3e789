"""The JSON Schemas of what a model is asked and what it answers."""

import math
from collections.abc import Callable
from typing import Any

from slipway.data.schema import TEXTUAL, Column, Kind
from slipway.serving.inputs.bounds import Bound
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.routes.explain import MAX_ROWS
from slipway.serving.v2.tensors import BYTES, DTYPES
from slipway.settings import Settings

Json = dict[str, Any]

_KINDS: dict[str, Json] = {
    "number": {"type": "number"},
    "integer": {"type": "integer", "minimum": -(2**53), "maximum": 2**53},
    "boolean": {"type": "boolean"},
    "category": {"type": "string"},
    "text": {"type": "string"},
    "date": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
}
_VALUES: dict[Kind, Callable[[Any], Any]] = {"boolean": bool, "integer": int, "number": float, "category": str}


def schemas(predictor: Predictor, settings: Settings) -> dict[str, Json]:
    """Name to schema.

    Args:
        predictor: The model.
        settings: How the server answers.
    """
    return {
        "Row": _row(predictor, settings),
        "Columns": _columns(predictor, settings),
        "Request": _request(settings),
        "Answer": _answer(predictor),
        "Explanations": _explanations(predictor),
        "Tensor": _tensor(),
        "Inference": _inference(),
        "Inferred": _inferred(),
        "Feedback": _feedback(predictor),
        "Refusal": _refusal(),
    }


def ref(name: str) -> Json:
    """Where the schema of a name is in the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _column(column: Column, predictor: Predictor, settings: Settings) -> Json:
    bound = predictor.bounds.get(column.name)
    made = dict(_KINDS[column.kind])
    if column.nullable:
        made["type"] = [made["type"], "null"]
    if column.kind in TEXTUAL:
        made["maxLength"] = settings.limits.text
        if not column.nullable:
            made["pattern"] = r"\S"
        if column.kind == "category":
            made["examples"] = list((column.levels or ())[:5])
            made["description"] = "Levels that the training data did not have are allowed."
    elif column.minimum is not None and column.kind != "date":
        made["description"] = f"In the training data from {column.minimum:g} to {column.maximum:g}."
    return made if bound is None else made | _bounded(made, column, bound)


def _bounded(made: Json, column: Column, bound: Bound) -> Json:
    """What the limits of the data contract add to the schema of a column."""
    said = f"{made['description']} " if "description" in made and bound.allowed is None else ""
    more: Json = {"description": f"{said}It should be {bound.said}."}
    if bound.allowed is not None:
        values = [_VALUES[column.kind](value) for value in sorted(bound.allowed, key=str)]
        more |= {"enum": [*values, *([None] if column.nullable else [])], "examples": values[:5]}
    sides = (("minimum", bound.low), ("maximum", bound.high))
    more |= {side: value for side, value in sides if math.isfinite(value) and column.kind != "date"}
    return more


def _row(predictor: Predictor, settings: Settings) -> Json:
    schema = predictor.bundle.schema
    return {
        "type": "object",
        "properties": {column.name: _column(column, predictor, settings) for column in schema.columns},
        "required": list(schema.names),
        "additionalProperties": False,
        "examples": predictor.bundle.golden.rows(schema)[:1],
    }


def _columns(predictor: Predictor, settings: Settings) -> Json:
    schema = predictor.bundle.schema
    lists = {
        column.name: {
            "type": "array",
            "items": _column(column, predictor, settings),
            "minItems": 1,
        }
        for column in schema.columns
    }
    return {
        "type": "object",
        "description": "A list for each column, all of the same length.",
        "properties": lists,
        "required": list(schema.names),
        "additionalProperties": False,
    }


def _request(settings: Settings) -> Json:
    rows = {"type": "array", "items": ref("Row"), "minItems": 1, "maxItems": settings.limits.rows}
    return {
        "oneOf": [
            {"type": "object", "properties": {"rows": rows}, "required": ["rows"], "additionalProperties": False},
            {
                "type": "object",
                "properties": {"columns": ref("Columns")},
                "required": ["columns"],
                "additionalProperties": False,
            },
        ]
    }


def _who() -> Json:
    return {"model": {"type": "string"}, "version": {"type": "string"}, "id": {"type": "string"}}


def _object(properties: Json, *optional: str) -> Json:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _label(predictor: Predictor) -> Json:
    target = predictor.bundle.schema.target
    return {"enum": [target.label(place) for place in range(len(target.classes))]}


def _answer(predictor: Predictor) -> Json:
    target = predictor.bundle.schema.target
    if target.classes:
        share = {"type": "number", "minimum": 0, "maximum": 1}
        probabilities = _object(dict.fromkeys(target.classes, share))
        prediction = _object({"label": _label(predictor), "probabilities": probabilities})
    else:
        prediction = _object({"value": {"type": "number"}})
    threshold = {
        "type": "number",
        "description": "The positive class is the label where its probability is at least this.",
    }
    extra = {"threshold": threshold} if predictor.threshold is not None else {}
    return _object({**_who(), **extra, "predictions": {"type": "array", "items": prediction}})


def _explanations(predictor: Predictor) -> Json:
    names = predictor.bundle.schema.names
    explanation = _object(
        {
            "class": _label(predictor),
            "prediction": {"type": "number"},
            "base": {"type": "number", "description": "Mean prediction for the reference rows."},
            "contributions": _object({name: {"type": "number"} for name in names}),
            "sentence": {"type": "string"},
        },
        "class",
    )
    listed = {"type": "array", "items": explanation, "maxItems": MAX_ROWS}
    return _object({**_who(), "method": {"type": "string"}, "explanations": listed})


def _tensor() -> Json:
    return _object(
        {
            "name": {"type": "string"},
            "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}, "maxItems": 2},
            "datatype": {"enum": [*DTYPES, BYTES]},
            "parameters": {"type": "object"},
            "data": {"type": "array"},
        },
        "parameters",
        "data",
    )


def _inference() -> Json:
    output = _object({"name": {"type": "string"}, "parameters": {"type": "object"}}, "parameters")
    return _object(
        {
            "id": {"type": "string"},
            "parameters": {"type": "object"},
            "inputs": {"type": "array", "items": ref("Tensor"), "minItems": 1},
            "outputs": {"type": "array", "items": output},
        },
        "id",
        "parameters",
        "outputs",
    )


def _inferred() -> Json:
    text = {"type": "string"}
    outputs = {"type": "array", "items": ref("Tensor")}
    return _object({"model_name": text, "model_version": text, "id": text, "outputs": outputs})


def _feedback(predictor: Predictor) -> Json:
    target = predictor.bundle.schema.target
    truth = {"anyOf": [_label(predictor), {"enum": list(target.classes)}]} if target.classes else {"type": "number"}
    name = {"type": "string", "minLength": 1, "description": "Id of the request for predictions."}
    row = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    item = {**_object({"id": name, "row": row, "truth": truth}, "row"), "additionalProperties": False}
    return {"oneOf": [item, _object({"feedback": {"type": "array", "items": item, "minItems": 1}})]}


def _refusal() -> Json:
    error = _object(
        {
            "row": {"type": ["integer", "null"]},
            "field": {"type": "string"},
            "problem": {"enum": ["missing", "unknown", "null", "type", "range"]},
            "message": {"type": "string"},
        },
        "row",
        "field",
        "problem",
    )
    return _object({"error": {"type": "string"}, "errors": {"type": "array", "items": error}}, "errors")
