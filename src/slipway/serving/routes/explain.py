"""``POST /explain``: what each column of a row contributes to its prediction."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.golden import Golden
from slipway.evaluation import shapley
from slipway.serving.inputs import body
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.routes.endpoint import Answer, run
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError, Response, json
from slipway.settings import Limits

MAX_ROWS = 20
"""Most rows of one request; each takes some thousand predictions."""

_PERMUTATIONS = 4
_NAMED = 3
"""Columns that the sentence names on each side."""

_LITTLE = 0.01
"""Share of a difference that is not worth naming."""

_METHOD = (
    "Shapley values over the raw columns: a row takes the place of each of {rows} reference rows one column at a time, "
    "in {orders} random orders and their reverses; a column gets the mean change of the prediction at its turn. "
    "base + the sum of the contributions = prediction"
)


def explain(limits: Limits) -> Answer:
    """What is done with the body of a request for explanations; it has the form of ``/predict``.

    Args:
        limits: What it may take.
    """

    def answer(request: Request, predictor: Predictor, data: bytes) -> Response:
        form, content, request.rows = body.parse(data, limits)
        if request.rows > MAX_ROWS:
            message = f"{request.rows:,} rows are more than the {MAX_ROWS} that are explained at once; send fewer"
            raise HttpError(413, message, "size")
        decode = predictor.decoder.rows if form == "rows" else predictor.decoder.columns
        inputs = decode(content)
        predictor, outputs = run(request, predictor, inputs)
        golden = predictor.bundle.golden
        request.inputs = request.outputs = None  # it is no prediction that metrics or the log should count
        found = shapley.explain(predictor.predict, inputs, golden.inputs, permutations=_PERMUTATIONS)
        rows = Golden(dict(inputs), outputs).rows(predictor.bundle.schema)
        explained = [_explained(predictor, found, row, place, outputs) for place, row in enumerate(rows)]
        method = _METHOD.format(rows=len(golden.outputs), orders=_PERMUTATIONS)
        return json({**predictor.who, "id": request.id, "method": method, "explanations": explained})

    return answer


def _explained(
    predictor: Predictor, found: shapley.Contributions, row: dict[str, Any], place: int, outputs: NDArray[np.float64]
) -> dict[str, Any]:
    target = predictor.bundle.schema.target
    output = _output(outputs, place)
    prediction, base = float(outputs.reshape(len(outputs), -1)[place, output]), float(found.base[output])
    contributions = dict(zip(found.columns, found.values[place, :, output].tolist(), strict=True))
    what = f"The probability of {target.name} = {target.classes[output]}" if target.classes else f"The {target.name}"
    return {
        **({"class": target.label(output)} if target.classes else {}),
        "prediction": prediction,
        "base": base,
        "contributions": contributions,
        "sentence": sentence(what, prediction, base, contributions, row),
    }


def sentence(what: str, prediction: float, base: float, contributions: dict[str, float], row: dict[str, Any]) -> str:
    """An explanation in words.

    Args:
        what: What is predicted.
        prediction: The prediction.
        base: The mean prediction for the reference rows.
        contributions: Column to contribution.
        row: Column to value.
    """
    difference = prediction - base
    if abs(difference) < _LITTLE * max(1.0, abs(base)):
        return f"{what} is predicted as {prediction:.3g}, like the mean of the reference rows."
    sign = 1 if difference > 0 else -1
    ranked = sorted(contributions.items(), key=lambda item: -sign * item[1])
    towards = [item for item in ranked[:_NAMED] if sign * item[1] > 0]
    against = [item for item in ranked[: -_NAMED - 1 : -1] if sign * item[1] < -_LITTLE * abs(difference)]
    side, verb = ("above", "raises") if sign > 0 else ("below", "lowers")
    said = (
        f"{what} is predicted as {prediction:.3g}, {abs(difference):.3g} {side} the mean of the reference rows "
        f"({base:.3g}); what {verb} it most: {_listed(towards, row)}"
    )
    return f"{said}; against it: {_listed(against, row)}." if against else f"{said}."


def _listed(contributions: list[tuple[str, float]], row: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_said(row[name])} ({value:+.2g})" for name, value in contributions)


def _said(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:60]


def _output(outputs: NDArray[np.float64], place: int) -> int:
    """The output that is explained: the positive class, the likeliest of several, or the value."""
    if outputs.ndim == 1:
        return 0
    return 1 if outputs.shape[1] == 2 else int(outputs[place].argmax())
