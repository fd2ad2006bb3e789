"""``POST /feedback``: what turned out to be true for rows that were predicted."""

import math
import time
from collections.abc import Callable
from typing import Any

import orjson

from slipway.data.schema import Target
from slipway.serving.bundles.models import Models
from slipway.serving.prediction_log.log import PredictionLog
from slipway.serving.prediction_log.records import Truth
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError, Response, json
from slipway.settings import Limits

_SHAPE = 'the body should be {"id": request id, "row": 0, "truth": value} or {"feedback": [such objects]}'

Reader = Callable[[Any], str | float | None]
"""From a JSON value to a class as text or a number; None where it is neither."""


class Feedback:
    """The handler.

    Args:
        models: The models.
        log: Where it is written.
        limits: What a request may take.
    """

    def __init__(self, models: Models, log: PredictionLog | None, limits: Limits) -> None:
        self._models = models
        self._log = log
        self._limits = limits

    def __call__(self, request: Request) -> Response:
        """Answers a request: everything in it is taken, or nothing."""
        if self._log is None:
            raise HttpError(409, "no prediction log is configured, so feedback has no place to go (--log-uri)", "log")
        predictor = self._models.choose(request)
        given = _items(request.body)
        target = predictor.bundle.schema.target
        read = reader(target)
        if len(given) > self._limits.rows:
            raise HttpError(413, f"{len(given):,} truths are more than {self._limits.rows:,}", "rows")
        faults = [(place, _fault(item, read)) for place, item in enumerate(given)]
        problems = [{"item": place, "message": said} for place, said in faults if said]
        if problems:
            allowed = f"one of {', '.join(target.classes)}" if target.classes else "a number"
            content = {"error": f"the truth of {target.name!r} should be {allowed}", "errors": problems[:100]}
            request.problem = "fields"
            return json(content, 422)
        records = [_truth(item, read) for item in given]
        taken = sum(self._log.learned(predictor.bundle, record) for record in records)
        if taken < len(records):
            message = f"{taken} of {len(records)} truths were taken: the log's queue is full; send the others again"
            raise HttpError(503, message, "busy", ((b"retry-after", b"5"),))
        return json({**predictor.who, "taken": taken}, 202)


def reader(target: Target) -> Reader:
    """What reads a truth of a target: a class as it is answered or as text, or a number.

    Args:
        target: The target.
    """
    if not target.classes:
        return _number
    known: dict[tuple[type, Any], str] = {(str, name): name for name in target.classes}
    for place, name in enumerate(target.classes):
        known[type(target.label(place)), target.label(place)] = name
    return lambda value: known.get((type(value), value)) if isinstance(value, (str, int, float)) else None


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (int, float) and math.isfinite(value) else None


def _items(data: bytes) -> list[Any]:
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}", "json") from None
    items = parsed.get("feedback", [parsed]) if isinstance(parsed, dict) else None
    if not isinstance(items, list) or not items:
        raise HttpError(422, _SHAPE, "shape")
    return items


def _fault(item: Any, read: Reader) -> str:
    if not isinstance(item, dict) or not {"id", "truth"} <= item.keys() <= {"id", "row", "truth"}:
        return "it should have id, truth and, unless it is 0, row"
    if not isinstance(item["id"], str) or not item["id"]:
        return "id should be the id of a request for predictions, a text"
    if type(item.get("row", 0)) is not int or not 0 <= item.get("row", 0) < 1 << 31:
        return "row should be the position of the row in its request, from 0"
    return "" if read(item["truth"]) is not None else "truth is not allowed"


def _truth(item: dict[str, Any], read: Reader) -> Truth:
    value = read(item["truth"])
    assert value is not None  # noqa: S101 - it was checked
    return Truth(item["id"], item.get("row", 0), time.time(), value)
