"""A plan with texts is joined with a model that a converter made for older operators."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from slipway.bundle.engine import Engine
from slipway.bundle.merge import merge
from slipway.data.schema import Schema, Target
from slipway.features.apply import transform
from slipway.features.fit import Fitted
from slipway.features.inputs import inputs
from slipway.spec import Features
from slipway.training import candidate
from slipway.training.candidate import Setting
from slipway.training.matrix import Matrix
from slipway.training.space import defaults

TARGET = Target("goal", "binary", "category", ("no", "yes"))


@pytest.mark.parametrize("name", ["logistic", "forest", "xgboost"])
def test_one_graph_from_texts_expressions_and_target_means_to_predictions(
    name: str, schema_of: Callable[..., Schema], fitted: Callable[[list[pl.DataFrame], Schema, Features], Fitted]
) -> None:
    rng = np.random.default_rng(0)
    words = np.array(["good", "Bad!", "fine", "awful,", "not"])
    frame = pl.DataFrame(
        {
            "review text": [" ".join(rng.choice(words, 6)) for _ in range(200)],
            "city": rng.choice(list("abcdef"), 200),
            "paid": [
                None if hole else value for hole, value in zip(rng.random(200) < 0.1, rng.normal(size=200), strict=True)
            ],
            "visits": rng.integers(0, 4, 200),
            "goal": rng.choice(["no", "yes"], 200),
        }
    )
    schema = schema_of(frame, TARGET)
    features = Features.model_validate(
        {"columns": {"review text": {"ngrams": 2}, "city": {"encode": "target"}}, "derived": {"each": "paid / visits"}}
    )
    plan = fitted([frame], schema, features).plan
    x = np.ascontiguousarray(transform(plan, frame, schema))
    rows = Matrix(x, (frame["goal"] == "yes").to_numpy().astype(np.int64), plan.names)

    chosen = candidate.get(name)
    model = chosen.fit(rows, rows, TARGET, Setting(defaults(chosen.space), seed=0))

    answers = Engine(merge(plan, schema, model)).predict(inputs(frame, schema.kinds))
    np.testing.assert_allclose(answers, model.predict(x), atol=1e-6)
