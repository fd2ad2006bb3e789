"""The file that users upload, run by KFP's own local runner."""

import json
from pathlib import Path

import pytest
from kfp import components, local

from slipway.registry.folder import Registry
from slipway.rollout.local import read, stop

ROOT = Path(__file__).parents[2]


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore:.*have no effect in the current local runner"
)
def test_the_compiled_pipeline_runs_through_load_component_from_file(tmp_path: Path, port: int) -> None:
    pipeline = components.load_component_from_file(str(ROOT / "pipelines/compiled/train_and_deploy.yaml"))
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(tmp_path / "artifacts"))
    state = tmp_path / "server.json"
    task = pipeline(
        data=str(ROOT / "examples/churn/churn.csv"),
        target="churn",
        candidates=["logistic", "xgboost"],
        registry=str(tmp_path / "registry"),
        to="local",
        serving={"port": str(port)},
        state=str(state),
    )
    try:
        assert task.outputs["promoted"] is True
        assert json.loads(Path(task.outputs["verdict"].path).read_text())["outcome"] == "promoted"
        assert Path(task.outputs["report"].path).read_text().startswith("<!doctype html>")
        champion = Registry(str(tmp_path / "registry")).champion("model")
        server = read(state)
        assert champion is not None
        assert champion.metadata["run"].isdecimal()  # the runner's id of it, as nobody gave a name
        assert server is not None
        assert server.alive
        assert server.digest == champion.digest
    finally:
        stop(state)
