"""``POST /predict``: rows as objects, or columns, as people write them."""

from typing import Any

from slipway.serving.inputs import body
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.routes.endpoint import Answer, run
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response, json
from slipway.settings import Limits


def predict(limits: Limits) -> Answer:
    """What is done with the body of a request for predictions.

    Args:
        limits: What it may take.
    """

    def answer(request: Request, predictor: Predictor, data: bytes) -> Response:
        form, content, request.rows = body.parse(data, limits)
        decode = predictor.decoder.rows if form == "rows" else predictor.decoder.columns
        predictor, outputs = run(request, predictor, decode(content))
        answered: dict[str, Any] = {**predictor.who, "id": request.id}
        if predictor.threshold is not None:
            answered["threshold"] = predictor.threshold
        answered["predictions"] = predictor.answers(outputs)
        return json(answered)

    return answer
