"""A folder with everything that the pages speak of."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import fsspec
import polars as pl
import pytest
from tests.conftest import Trained, make, table

from slipway.bundle import manifest
from slipway.registry.folder import Registry

NEEDED = ("bash", "curl", "jq", "openssl")
PORTS = ("8080", "9000", "9090")

Run = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A model of customers, made once."""
    folder = tmp_path_factory.mktemp("docs")
    customers().write_parquet(folder / "data.parquet")
    return make(folder, folder / "data.parquet", target="churn")


def customers(seed: int = 0) -> pl.DataFrame:
    rows = table("binary", seed=seed).rename({"y": "churn"})
    return rows.with_columns(customer_id=pl.int_range(pl.len())) if seed else rows


@pytest.fixture
def folder(model: Trained, tmp_path: Path, bucket: str) -> Path:
    """What the pages name: tables, bundles, a registry, a token, certificates, and a bucket."""
    for name in ("data", "old"):
        customers().write_parquet(tmp_path / f"{name}.parquet")
    for name in ("new", "in"):
        customers(seed=1).write_parquet(tmp_path / f"{name}.parquet")
    _outcomes().write_parquet(tmp_path / "outcomes.parquet")
    for name in ("BUNDLE", "path/to/bundle", "path/to/a", "models/current"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(model.bundle)
    registry = Registry(str(tmp_path / ".slipway" / "registry"))
    version = registry.publish("churn", model.bundle, manifest.read(model.bundle).digest, {})
    registry.promote("churn", version.number, None)
    _upload(model.bundle, bucket)
    (tmp_path / "token").write_text("a-token-that-is-long-enough")
    _certify(tmp_path)
    return tmp_path


def _outcomes() -> pl.DataFrame:
    rows = [{"variant": ("stable", "challenger")[at % 2], "bought": float(at % 7 == 0)} for at in range(400)]
    return pl.DataFrame(rows)


def _upload(bundle: Path, bucket: str) -> None:
    store = fsspec.filesystem("s3")
    store.put(str(bundle), f"{bucket}/b", recursive=True)
    with store.open(f"{bucket}/in/1.csv", "wb") as file:
        customers(seed=1).write_csv(file)


def _certify(folder: Path) -> None:
    """One key pair stands for the authority, the server and a client."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout ca.key -out ca.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    for name in ("server", "client"):
        for kind in ("key", "pem"):
            shutil.copy(folder / f"ca.{kind}", folder / f"{name}.{kind}")


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs a page's commands in that folder, with ports that are free."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    prelude = Path(__file__).with_name("prelude.sh").read_text(encoding="utf-8")
    ports = dict(zip(PORTS, _free(len(PORTS)), strict=True))

    def call(commands: str) -> subprocess.CompletedProcess[str]:
        for written, port in ports.items():
            commands = commands.replace(written, port)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SLIPWAY_")}
        environment |= {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SLIPWAY_PORT": ports["8080"],
        }
        return subprocess.run(
            ["bash", "-c", prelude + commands], cwd=folder, env=environment, capture_output=True, text=True, timeout=900
        )

    return call


def _free(count: int) -> list[str]:
    """Ports of loopback that were free a moment ago, each another one."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
