import time
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.errors import ServingError
from slipway.serving.app import assemble
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import Served, share
from slipway.settings import Key, Model, Settings, Variant, When


def altered(bundle: Bundle, threshold: float) -> Bundle:
    return replace(bundle, manifest=replace(bundle.manifest, threshold=threshold))


def client(bundle: Bundle, *variants: Variant, key: Key | None = None) -> TestClient:
    model = Model("-", variants=variants, key=key)
    others = [altered(bundle, 0.1 + place / 10) for place in range(len(variants))]
    settings = Settings(models={"model": model})
    return TestClient(assemble(Models({}, [Served(model, bundle, others, settings=settings)]), settings))


def rows(bundle: Bundle, count: int = 1) -> dict[str, Any]:
    return {"rows": bundle.golden.rows(bundle.schema)[:count]}


def test_a_key_always_gets_the_same_variant_and_the_shares_are_as_asked(bundle: Bundle) -> None:
    weighted = (Variant("b", "-", percent=20), Variant("c", "-", percent=30))
    with client(bundle, *weighted, key=Key(header="X-User")) as asked:

        def ask(user: int) -> str:
            answer = asked.post("/predict", json=rows(bundle), headers={"x-user": f"u-{user}"}).json()
            return str(answer["variant"])

        first = [ask(user) for user in range(400)]
        assert first[:50] == [ask(user) for user in range(50)]
        shares = Counter(first)
        assert 0.13 < shares["b"] / 400 < 0.27
        assert 0.22 < shares["c"] / 400 < 0.38
        assert asked.post("/predict", json=rows(bundle)).json()["variant"] == "stable"


def test_an_answer_names_the_version_of_its_variant_and_v2_splits_likewise(bundle: Bundle) -> None:
    with client(bundle, Variant("b", "-", percent=100), key=Key(header="x-user")) as asked:
        headers = {"x-user": "u"}
        answer = asked.post("/predict", json=rows(bundle), headers=headers).json()
        assert answer["version"] == altered(bundle, 0.1).manifest.digest[:12]
        path = f"/models/model/versions/{bundle.manifest.digest}/predict"
        assert asked.post(path, json=rows(bundle), headers=headers).json()["variant"] == "stable"


def test_a_rule_on_a_column_decides_before_the_weights(bundle: Bundle) -> None:
    rule = Variant("tokyo", "-", when=When("city", ("東京",)))
    with client(bundle, rule, Variant("b", "-", percent=100), key=Key(column="1st visits")) as asked:
        row = rows(bundle)["rows"][0]
        by_city = {
            city: asked.post("/predict", json={"rows": [{**row, "city": city}]}).json()["variant"]
            for city in ("東京", "Zürich", None)
        }
        assert by_city == {"東京": "tokyo", "Zürich": "b", None: "b"}
        both = {"rows": [{**row, "city": "東京"}, {**row, "city": "Zürich"}]}
        refused = asked.post("/predict", json=both)
        assert refused.status_code == 422
        assert "several variants (b, tokyo)" in refused.json()["error"]


@given(keys=st.sets(st.binary(min_size=1), min_size=1, max_size=50))
def test_a_share_is_stable_and_between_0_and_1(keys: set[bytes]) -> None:
    for key in keys:
        assert 0 <= share("m", key) < 1
        assert share("m", key) == share("m", key)


def test_shares_are_uniform_and_those_of_two_models_are_independent() -> None:
    places = np.array([[share(name, b"%d" % key) for name in ("a", "b")] for key in range(4000)])
    assert abs(np.corrcoef(places.T)[0, 1]) < 0.06
    assert np.abs(np.histogram(places[:, 0], 10, (0, 1))[0] / 4000 - 0.1).max() < 0.03


@pytest.mark.parametrize(
    ("variants", "key", "sentence"),
    [
        ([Variant("b", "-")], None, "needs exactly one of percent, when and shadow"),
        ([Variant("b", "-", percent=1, shadow=True)], None, "needs exactly one of"),
        ([Variant("b", "-", percent=60), Variant("c", "-", percent=60)], Key("x"), "120 percent"),
        ([Variant("b", "-", percent=60)], None, "need a key"),
        ([Variant("b", "-", percent=60)], Key("x", "y"), "need a key with either"),
        ([Variant("b", "-", percent=60)], Key(column="town"), "names column 'town'"),
        ([Variant("stable", "-", shadow=True)], None, "'stable' is named twice"),
        ([Variant("b", "-", when=When("town", (1,)))], None, "names column 'town'"),
        ([Variant("b", "-", when=When("amount", ("much",)))], None, "values of column 'amount' should be a number"),
    ],
)
def test_what_contradicts_itself_is_a_sentence(
    bundle: Bundle, variants: list[Variant], key: Key | None, sentence: str
) -> None:
    with pytest.raises(ServingError, match=sentence):
        Served(Model("-", variants=tuple(variants), key=key), bundle, [bundle] * len(variants))


def test_a_variant_with_other_columns_is_refused(bundle: Bundle) -> None:
    other = replace(bundle, schema=replace(bundle.schema, columns=bundle.schema.columns[1:]))
    with pytest.raises(ServingError, match="'b' has other columns .*: amount"):
        Served(Model("-", variants=(Variant("b", "-", shadow=True),)), bundle, [other])


def test_a_shadow_is_compared_and_never_answers(bundle: Bundle) -> None:
    with client(bundle, Variant("next", "-", shadow=True)) as asked:
        count = len(bundle.golden.outputs)
        answer = asked.post("/predict", json=rows(bundle, count)).json()
        assert answer["variant"] == "stable"
        for _ in range(100):
            text = asked.get("/metrics").text
            if f'slipway_shadow_rows_total{{model="model",variant="next"}} {count}' in text:
                break
            time.sleep(0.05)
        positive = bundle.golden.outputs[:, 1]
        differ = int(np.sum((positive >= 0.1) & (positive < bundle.manifest.threshold)))
        assert f'slipway_shadow_rows_total{{model="model",variant="next"}} {count}' in text
        said = f'slipway_shadow_other_labels_total{{model="model",variant="next"}} {differ}'
        assert (said in text) == (differ > 0)
