from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle, load
from slipway.serving.app import create


@pytest.fixture
def bundle(trained: Callable[[str], Any], request: pytest.FixtureRequest) -> Bundle:
    return load(trained(getattr(request, "param", "binary")).bundle)


@pytest.fixture
def client(bundle: Bundle) -> Iterator[TestClient]:
    with TestClient(create(bundle)) as made:
        yield made
