import tracemalloc
from typing import Any

import orjson
import pytest

from slipway.bundle.load import Bundle
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.web.request import Request, arrive


@pytest.mark.parametrize("count", [1, 10, 200])
def test_rows_weigh_about_the_memory_that_they_take(bundle: Bundle, count: int) -> None:
    predictor = Predictor(bundle)
    body = orjson.dumps((bundle.golden.rows(bundle.schema) * 10)[:count])

    def request() -> Request:
        made = arrive("POST", "/predict", b"", [])
        made.inputs = predictor.decoder.rows(orjson.loads(body))
        made.outputs = predictor.predict(made.inputs)
        made.body, made.rows = body, count
        return made

    request()
    tracemalloc.start()
    kept: list[Any] = [request() for _ in range(20)]
    taken = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    assert 0.5 < kept[0].weight / taken < 2
