"""The components' image: the commands of the compiled pipeline, in a container as KFP starts it."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from kfp import components, local

from slipway.orchestration.images import COMPONENTS

ROOT = Path(__file__).parents[2]


def command(name: str) -> list[str]:
    pipeline = next(iter(yaml.safe_load_all((ROOT / "pipelines/compiled/train_and_deploy.yaml").read_text())))
    container = pipeline["deploymentSpec"]["executors"][f"exec-{name}"]["container"]
    return [*container["command"], *container["args"]]


KINDS = {
    "table": "Dataset",
    "rows": "Dataset",
    "features": "Dataset",
    "models": "Model",
    "bundle": "Model",
    "findings": "HTML",
    "report": "HTML",
    "card": "Markdown",
    "metrics": "Metrics",
    "classification": "ClassificationMetrics",
}


def artifacts(*names: str) -> dict[str, Any]:
    """Artifacts as KFP's launcher describes them."""
    return {
        name: {
            "artifacts": [
                {
                    "name": name,
                    "uri": f"/artifacts/{name}",
                    "type": {"schemaTitle": f"system.{KINDS.get(name, 'Artifact')}"},
                    "metadata": {},
                }
            ]
        }
        for name in names
    }


@dataclass(frozen=True)
class Box:
    """Runs components of the compiled pipeline, each in a container of its own."""

    image: str
    options: list[str]
    folder: Path

    def start(
        self, step: str, inputs: tuple[str, ...], outputs: tuple[str, ...], parameters: dict[str, Any]
    ) -> subprocess.CompletedProcess[str]:
        given = {
            "inputs": {"artifacts": artifacts(*inputs), "parameterValues": parameters},
            "outputs": {"artifacts": artifacts(*outputs), "outputFile": f"/artifacts/{step}.json"},
        }
        words = [json.dumps(given) if word == "{{$}}" else word for word in command(step)]
        mounted = [*self.options, "--volume", f"{self.folder}:/artifacts", "--entrypoint", words[0], self.image]
        return subprocess.run(["docker", "run", *mounted, *words[1:]], capture_output=True, text=True, check=False)

    def run(self, step: str, inputs: tuple[str, ...], outputs: tuple[str, ...], **parameters: Any) -> dict[str, Any]:
        """Numbers that the component logged and parameters that it gave."""
        done = self.start(step, inputs, outputs, parameters)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        found = json.loads((self.folder / f"{step}.json").read_text())
        metrics = found.get("artifacts", {}).get("metrics", {"artifacts": [{"metadata": {}}]})["artifacts"][0][
            "metadata"
        ]
        return {**metrics, **found.get("parameterValues", {})}


@pytest.fixture
def box(image: Callable[[str], str], hardened: list[str], folder: Path) -> Box:
    return Box(image("components"), hardened, folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    made.chmod(0o777)
    tmp_path.chmod(0o755)
    (made / "churn.csv").write_bytes((ROOT / "examples/churn/churn.csv").read_bytes())
    return made


def test_from_a_table_to_a_champion_each_step_in_the_image(box: Box) -> None:
    kept = {"name": "churn", "registry": "/artifacts/registry"}

    validated = box.run(
        "validate", (), ("table", "contract", "findings", "metrics"), data="/artifacts/churn.csv", target="churn"
    )
    split = box.run("featurize", ("table", "contract"), ("rows", "features", "plan", "metrics"))
    scores = box.run(
        "train",
        ("rows", "features", "contract"),
        ("models", "metrics", "report"),
        candidates=["logistic", "forest", "xgboost"],
        search={"trials": 2, "folds": 0},
    )
    judged = box.run(
        "evaluate",
        ("rows", "features", "plan", "models", "contract"),
        ("bundle", "verdict", "metrics", "classification", "card", "report"),
        gates={"max_latency_ms": 1000},
        **kept,
    )
    registered = box.run("register", ("bundle",), (), champion=judged["champion"], **kept)
    drifted = box.run("drift", ("table", "contract"), ("report", "findings", "metrics", "prometheus"), **kept)
    deployed = box.start("deploy", ("bundle",), (), {"to": "kubernetes", **kept})

    assert validated["rows"] == 5000
    assert split["rows_train"] + split["rows_validation"] + split["rows_test"] == 5000
    assert {name.removeprefix("roc_auc_") for name in scores} == {"logistic", "forest", "xgboost"}
    assert min(scores.values()) > 0.7
    assert judged["promoted"] is True
    assert (box.folder / "report").read_text().startswith("<!doctype html>")
    assert registered["version"] == 1
    assert drifted["severity"] == "none"
    assert deployed.returncode != 0
    assert "no cluster" in deployed.stderr.splitlines()[-1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::RuntimeWarning", "ignore::UserWarning")
def test_a_component_s_file_runs_with_kfps_docker_runner(image: Callable[[str], str], folder: Path) -> None:
    text = (ROOT / "components/validate/component.yaml").read_text().replace(COMPONENTS, image("components"))
    runner = local.DockerRunner(
        user=str(os.getuid()), read_only=True, cap_drop=["ALL"], tmpfs={"/tmp": ""}, network_mode="none"
    )
    local.init(runner, pipeline_root=str(folder))

    task = components.load_component_from_text(text)(data=f"{folder}/churn.csv", target="churn")

    assert pl.scan_parquet(f"{task.outputs['table'].path}/*.parquet").select(pl.len()).collect().item() == 5000
    assert json.loads(Path(task.outputs["contract"].path).read_text())
