import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import numpy as np
import pytest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.errors import ServingError
from slipway.serving.app import assemble
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import Served
from slipway.serving.predicting.cache import OutputCache, key_of
from slipway.settings import Cache, Model, Settings


@pytest.fixture
def redis(port: int) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    process = subprocess.Popen([program, "--port", str(port), "--save", ""], stdout=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.mark.parametrize("bundle", ["binary", "regression"], indirect=True)
def test_outputs_come_back_to_the_bit(bundle: Bundle, redis: str) -> None:
    cache = OutputCache(Cache(redis, timeout_ms=1000))
    first, second = (cache.predict(bundle, bundle.golden.inputs, bundle.predict) for _ in range(2))
    assert (cache.hits, cache.misses, cache.failures) == (1, 1, 0)
    np.testing.assert_array_equal(first, second)
    cache.close()


def test_a_server_answers_the_same_with_redis_and_without(bundle: Bundle, redis: str, client: TestClient) -> None:
    cache = OutputCache(Cache(redis, timeout_ms=1000))
    settings = Settings(cache=Cache(redis))
    served = Served(Model("-"), bundle, settings=settings, cache=cache)
    content = {"rows": bundle.golden.rows(bundle.schema)}
    with TestClient(assemble(Models({}, [served]), settings)) as cached:
        answers = [asked.post("/predict", json=content).json()["predictions"] for asked in (cached, cached, client)]
    assert answers[0] == answers[1] == answers[2]
    assert cache.hits == 1
    cache.close()


def test_redis_that_is_gone_or_silent_costs_one_timeout_a_second(bundle: Bundle) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        cache = OutputCache(Cache(f"redis://127.0.0.1:{silent.getsockname()[1]}", timeout_ms=20))
        for _ in range(5):
            np.testing.assert_array_equal(
                cache.predict(bundle, bundle.golden.inputs, bundle.predict), bundle.golden.outputs
            )
    assert cache.failures == 1
    assert cache.misses == 5
    cache.close()


def test_keys_tell_bundles_rows_and_columns_apart(bundle: Bundle) -> None:
    inputs = bundle.golden.inputs
    keys = {key_of("a", inputs), key_of("b", inputs), key_of("a", {name: v[::-1] for name, v in inputs.items()})}
    texts = [["ab", "c"], ["a", "bc"]]
    keys |= {key_of("a", {"x": np.array(text, dtype=object).reshape(-1, 1)}) for text in texts}
    assert len(keys) == 5
    assert key_of("a", inputs) == key_of("a", dict(reversed(inputs.items())))


def test_a_url_that_is_none_is_a_sentence() -> None:
    with pytest.raises(ServingError, match="cache: url is 'nowhere'"):
        OutputCache(Cache("nowhere"))
