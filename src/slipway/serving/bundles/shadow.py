"""Shadow variants: they predict what was answered, in the background, and only the difference is counted."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.process.background import Background
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response

_BYTES = 32 << 20
_BATCH = 1000
_SECONDS = 0.05


@dataclass(slots=True)
class Difference:
    """How a shadow differs from what was answered.

    Attributes:
        rows: Rows that both predicted.
        labels: Rows for which they chose another class.
        total: Sum over rows of the largest difference of a probability, or of the difference of the value.
        failures: Rows that the shadow failed on.
    """

    rows: int = 0
    labels: int = 0
    total: float = 0.0
    failures: int = 0


_Item = tuple[Predictor, list[Predictor], Inputs, NDArray[np.float64]]


class Shadows:
    """Observes finished requests and has the shadows predict the same rows.

    Attributes:
        differences: Model and variant to the difference.
    """

    def __init__(self) -> None:
        self.differences: dict[tuple[str, str], Difference] = defaultdict(Difference)
        self._queue = Background("shadows", self._compare, _BYTES, _SECONDS, _BATCH, _rows)

    @property
    def dropped(self) -> int:
        """Rows that no shadow saw because they are too slow."""
        return self._queue.dropped

    def __call__(self, request: Request, _: Response) -> None:
        """Takes a finished request; never waits."""
        if request.served and request.served.shadows and request.predictor and request.inputs:
            if request.outputs is None:
                return
            item = (request.predictor, request.served.shadows, request.inputs, request.outputs)
            self._queue.offer(item, request.weight)

    def close(self, seconds: float) -> None:
        """Compares what waits."""
        self._queue.close(seconds)

    def _compare(self, items: list[_Item]) -> list[_Item]:
        for predictor, shadows, inputs, outputs in items:
            for shadow in shadows:
                difference = self.differences[shadow.name, shadow.variant]
                try:
                    _add(difference, predictor, shadow, outputs, shadow.predict(inputs))
                except Exception:  # onnxruntime's own errors share no root but this
                    difference.failures += len(outputs)
        return []


def _add(
    difference: Difference,
    predictor: Predictor,
    shadow: Predictor,
    answered: NDArray[np.float64],
    outputs: NDArray[np.float64],
) -> None:
    difference.rows += len(outputs)
    apart = np.abs(answered - outputs)
    difference.total += float(apart.max(axis=1).sum() if apart.ndim == 2 else apart.sum())
    if outputs.ndim == 2:
        chosen = zip(predictor.classes(answered), shadow.classes(outputs), strict=True)
        difference.labels += sum(one != other for one, other in chosen)


def _rows(item: _Item) -> int:
    return len(item[3])
