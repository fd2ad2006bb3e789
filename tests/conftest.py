"""Tables of every kind of column, and bundles made from them with the steps themselves."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import settings

from slipway.steps.evaluate import Result, evaluate
from slipway.steps.featurize import featurize
from slipway.steps.train import train
from slipway.steps.validate import validate

settings.register_profile("slipway", deadline=None)
settings.load_profile("slipway")

TASKS = ("binary", "multiclass", "regression")


def table(task: str, rows: int = 600, seed: int = 0) -> pl.DataFrame:
    """Rows with every kind of column, some values missing, and a target ``y`` that follows from them."""
    rng = np.random.default_rng(seed)
    amount = rng.lognormal(3, 1, rows)
    visits = rng.integers(0, 20, rows)
    member = rng.random(rows) < 0.4
    city = rng.choice(["Zürich", "O'Hare", "new york", "東京"], rows)
    since = [datetime(2024, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 700, rows)]
    signal = np.log(amount) + 0.2 * visits + 1.5 * member + (city == "東京") + rng.normal(0, 0.5, rows)
    y = {
        "binary": np.where(signal > np.median(signal), "yes", "no"),
        "multiclass": np.array(["low", "mid", "high"])[np.digitize(signal, np.quantile(signal, [0.33, 0.66]))],
        "regression": 100 + 10 * signal,
    }[task]
    return pl.DataFrame(
        {
            "amount": [None if hole else value for hole, value in zip(rng.random(rows) < 0.1, amount, strict=True)],
            "1st visits": visits,
            "member": member,
            "city": [None if hole else str(value) for hole, value in zip(rng.random(rows) < 0.1, city, strict=True)],
            "since": since,
            "y": y,
        }
    )


@dataclass(frozen=True)
class Trained:
    """What the steps made of a table."""

    folder: Path
    result: Result

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"


def make(
    folder: Path, data: Path, *, registry: str = "", candidates: list[str] | None = None, **more: object
) -> Trained:
    """Runs validate, featurize, train and evaluate; more fields of the spec are given to validate."""
    folder.mkdir(parents=True, exist_ok=True)

    def places(*names: str) -> dict[str, str]:
        return {name: str(folder / name) for name in names}

    validate({"data": str(data), "target": "y", **more}, **places("table", "contract", "findings"))
    featurize({}, **places("table", "contract", "rows", "features", "plan"))
    train(
        {"candidates": candidates or ["logistic"], "search": {"folds": 0}},
        **places("rows", "features", "contract", "models"),
        report=str(folder / "search"),
    )
    fields = {"name": "model", "registry": registry, "gates": {"max_latency_ms": None, "resamples": 200}}
    outputs = places("rows", "features", "plan", "models", "contract", "bundle", "verdict", "card", "report")
    return Trained(folder, evaluate(fields, seed=0, **outputs))


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    """From a task to what the steps made of a table of it; each is made once."""
    made: dict[str, Trained] = {}

    def get(task: str) -> Trained:
        if task not in made:
            folder = tmp_path_factory.mktemp(task)
            table(task).write_parquet(folder / "data.parquet")
            made[task] = make(folder, folder / "data.parquet")
        return made[task]

    return get


@pytest.fixture
def port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """The address of a running S3 API."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URI of an empty bucket; clients made for an earlier one are forgotten."""
    import boto3
    from s3fs import S3FileSystem

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    S3FileSystem.clear_instance_cache()
    store = boto3.resource("s3").Bucket("bucket")
    store.create()
    yield "s3://bucket"
    store.objects.delete()
    store.delete()
    store.meta.client.close()
    S3FileSystem.clear_instance_cache()
