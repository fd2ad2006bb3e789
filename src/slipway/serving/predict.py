"""``POST /predict``: rows as objects, or columns, as people write them."""

from slipway.serving import body
from slipway.serving.models import Models
from slipway.serving.predictor import Predictor
from slipway.serving.request import Request
from slipway.serving.response import Response, json
from slipway.serving.rows import InvalidRowsError
from slipway.serving.served import variant
from slipway.serving.work import Work
from slipway.settings import Settings

_INLINE_BYTES = 32 * 1024
"""Bodies up to this size are answered on the event loop at once; larger ones go to a thread."""


class Predict:
    """The handler.

    Args:
        models: The models.
        settings: How it answers.
        work: Threads for large requests.
    """

    def __init__(self, models: Models, settings: Settings, work: Work) -> None:
        self._models = models
        self._limits = settings.limits
        self._work = work

    async def __call__(self, request: Request) -> Response:
        """Answers a request for predictions."""
        predictor = self._models.choose(request)
        data = await request.body(self._limits.body_bytes)
        if len(data) <= _INLINE_BYTES:
            return self._predict(request, predictor, data)
        return await self._work.run(self._predict, request, predictor, data)

    def _predict(self, request: Request, predictor: Predictor, data: bytes) -> Response:
        form, content, count = body.parse(data, self._limits)
        decode = predictor.decoder.rows if form == "rows" else predictor.decoder.columns
        try:
            request.inputs = decode(content)
        except InvalidRowsError as error:
            request.errors, request.problem = error.errors, "fields"
            return json({**predictor.who, "id": request.id, **error.to_dict()}, 422)
        predictor = variant(request, predictor)
        request.outputs = predictor.predict(request.inputs)
        request.rows = count
        return json({**predictor.who, "id": request.id, "predictions": predictor.answers(request.outputs)})
