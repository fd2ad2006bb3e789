from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

from slipway.steps.contract import TableContract
from slipway.steps.validate import validate

Check = Callable[..., TableContract]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def check(tmp_path: Path, out: Path) -> Check:
    """Validates a table given as bytes, text or the path of what was written, for the target ``y``."""

    def call(data: bytes | str | Path, name: str = "data.csv", **fields: Any) -> TableContract:
        path = data if isinstance(data, Path) else tmp_path / name
        if not isinstance(data, Path):
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        places = {"table": str(out / "table"), "contract": str(out / "contract"), "findings": str(out / "findings")}
        validate({"data": str(path), "target": "y", **fields}, **places)
        return TableContract.read(out / "contract")

    return call


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URI of an empty bucket."""
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
