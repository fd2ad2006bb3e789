import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.errors import ServingError
from slipway.serving.app import assemble, create
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import Served
from slipway.settings import Model, Settings, Variant

LATER, PAST = f"{time.time() + 3600:.0f}", f"{time.time() - 1:.0f}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("slipway.serving.process.watched._LOOK_SECONDS", 0.0)
    return tmp_path / "alive-until"


def rows(bundle: Bundle) -> dict[str, Any]:
    return {"rows": bundle.golden.rows(bundle.schema)[:1]}


@pytest.mark.parametrize("said", [None, "", "soon", PAST], ids=["no file", "nothing", "a word", "a moment ago"])
def test_a_server_that_nobody_watches_is_not_ready(bundle: Bundle, file: Path, said: str | None) -> None:
    if said is not None:
        file.write_text(said)
    with TestClient(create(bundle, Settings(alive_until=str(file)))) as asked:
        refused = asked.get("/readyz")
        assert refused.status_code == 503
        assert "only while a rollout watches it" in refused.json()["reason"]
        file.write_text(LATER)
        assert asked.get("/readyz").status_code == 200


def test_a_server_that_nobody_watches_answers_with_its_fallback(trained: Callable[[str], Any], file: Path) -> None:
    model = Model(str(trained("regression").bundle), fallback=str(trained("binary").bundle))
    settings = Settings(alive_until=str(file), models={"m": model})
    models = Models(settings.models, settings=settings)
    models.load()
    served = models._served["m"]
    assert served.fallback is not None
    new, old = served.stable.bundle, served.fallback.bundle
    with TestClient(assemble(models, settings)) as asked:
        for said, bundle in (("", old), (LATER, new), (PAST, old), (f"{math.inf:.0f}", new)):
            file.write_text(said)
            answer = asked.post("/predict", json=rows(bundle))
            assert answer.status_code == 200, answer.text
            assert answer.json()["version"] == bundle.manifest.digest[:12]
            assert asked.get("/readyz").json()["digest"] == bundle.manifest.digest
        file.write_text(PAST)
        named = asked.post(f"/models/m/versions/{new.manifest.digest}/predict", json=rows(new))
        assert named.json()["version"] == new.manifest.digest[:12]
        text = asked.get("/metrics").text
        for bundle, count in ((old, 2), (new, 3)):
            labels = f'model="m",version="{bundle.manifest.digest[:12]}",variant="",route="predict",status="200"'
            assert f"slipway_requests_total{{{labels}}} {count}" in text


@pytest.mark.parametrize(
    ("variants", "until"), [((), ""), ((Variant("b", "-", shadow=True),), "file")], ids=["unwatched", "variants"]
)
def test_a_fallback_that_could_never_answer_is_refused(
    bundle: Bundle, variants: tuple[Variant, ...], until: str
) -> None:
    model = Model("-", variants=variants, fallback="-")
    with pytest.raises(ServingError, match="a fallback answers once alive_until is past"):
        Served(model, bundle, [bundle] * (1 + len(variants)), settings=Settings(alive_until=until))
