"""What every route that predicts does: choose the model, answer here or in a thread."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import variant
from slipway.serving.inputs.fields import InvalidRowsError
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.process.work import Work
from slipway.serving.web.request import Request
from slipway.serving.web.response import Later, Response, json
from slipway.settings import Limits

Answer = Callable[[Request, Predictor, bytes], Response]
"""From a request's body to its answer; it may be called in a thread."""

_INLINE_BYTES = 32 * 1024
"""Bodies up to this size are answered on the event loop at once; larger ones go to a thread."""


class Endpoint:
    """A handler of a route that predicts.

    Args:
        models: The models.
        limits: What a request may take.
        work: Threads for large requests.
        answer: What is done with a body.
        inline_bytes: Largest body that is answered on the event loop.
    """

    def __init__(
        self, models: Models, limits: Limits, work: Work, answer: Answer, inline_bytes: int = _INLINE_BYTES
    ) -> None:
        self._models = models
        self._limits = limits
        self._work = work
        self._answer = answer
        self._inline_bytes = inline_bytes

    def __call__(self, request: Request) -> Response | Later:
        """Answers a request: a small one at once, a large one in a thread."""
        predictor = self._models.choose(request)
        if len(request.body) <= self._inline_bytes:
            return self._answered(request, predictor)
        return self._work.run(self._answered, request, predictor)

    def _answered(self, request: Request, predictor: Predictor) -> Response:
        try:
            return self._answer(request, predictor, request.body)
        except InvalidRowsError as error:
            request.errors, request.problem = error.errors, "fields"
            return json({**predictor.who, "id": request.id, **error.to_dict(self._limits.errors)}, 422)


def run(request: Request, chosen: Predictor, inputs: Inputs) -> tuple[Predictor, NDArray[np.float64]]:
    """Predicts, and notes inputs and outputs in the request.

    Args:
        request: The request.
        chosen: The predictor that it asks for.
        inputs: Its rows.

    Returns:
        The predictor that answered, which is the one asked for or a variant of it; and its outputs.
    """
    request.inputs = inputs
    predictor = variant(request, chosen)
    request.outputs = outputs = predictor.predict(inputs)
    return predictor, outputs
