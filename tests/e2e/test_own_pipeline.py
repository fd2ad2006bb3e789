"""The example of a pipeline of one's own, compiled and run by KFP's local runner."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from kfp import compiler, local
from tests.conftest import table

from slipway.bundle.load import load
from slipway.orchestration.compile import to_yaml
from slipway.registry.folder import Registry

ROOT = Path(__file__).parents[2]
DIGEST = "example/components@sha256:" + "a" * 64


@pytest.fixture
def watch() -> Any:
    found = importlib.util.spec_from_file_location("own_pipeline", ROOT / "examples/own_pipeline.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.watch


@pytest.fixture
def registry(trained: Callable[[str], Any], tmp_path: Path) -> str:
    """A registry whose champion is the model of the binary table."""
    made = Registry(str(tmp_path / "registry"))
    bundle = trained("binary").bundle
    version = made.publish("model", bundle, load(bundle).manifest.digest, {})
    made.promote("model", version.number, expected=None)
    return str(tmp_path / "registry")


def test_it_compiles_with_kfp_alone_and_with_a_digest(watch: Any, tmp_path: Path) -> None:
    compiler.Compiler().compile(watch, str(tmp_path / "watch.yaml"))

    assert set(yaml.safe_load((tmp_path / "watch.yaml").read_text())["root"]["dag"]["tasks"]) == {
        "validate", "drift", "tell",
    }  # fmt: skip
    pipeline, platform = yaml.safe_load_all(to_yaml(watch, DIGEST))
    executors = pipeline["deploymentSpec"]["executors"]
    assert {executor["container"]["image"] for executor in executors.values()} == {DIGEST}
    assert set(platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]) == set(executors)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning")
@pytest.mark.parametrize(("factor", "told"), [(1, "none: no column"), (50, "alarm: amount")])
def test_it_tells_which_column_drifted(watch: Any, registry: str, tmp_path: Path, factor: int, told: str) -> None:
    rows = table("binary", seed=0).with_columns(pl.col("amount") * factor)
    rows.write_parquet(tmp_path / "rows.parquet")
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "artifacts"))

    task = watch(data=str(tmp_path / "rows.parquet"), target="y", registry=registry)

    assert task.output == told
