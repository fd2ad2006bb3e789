"""The components' image: the commands of the compiled pipeline, in a container as KFP starts it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def command(name: str) -> list[str]:
    pipeline = next(iter(yaml.safe_load_all((ROOT / "pipelines/compiled/train_and_deploy.yaml").read_text())))
    container = pipeline["deploymentSpec"]["executors"][f"exec-{name}"]["container"]
    return [*container["command"], *container["args"]]


KINDS = {"table": "Dataset", "rows": "Dataset", "features": "Dataset", "findings": "HTML", "metrics": "Metrics"}


def artifacts(*names: str) -> dict[str, Any]:
    """Artifacts as KFP's launcher describes them."""
    return {
        name: {
            "artifacts": [
                {
                    "name": name,
                    "uri": f"/work/{name}",
                    "type": {"schemaTitle": f"system.{KINDS.get(name, 'Artifact')}"},
                    "metadata": {},
                }
            ]
        }
        for name in names
    }


def run(image: str, hardened: list[str], folder: Path, name: str, given: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({**given, "outputs": {**given["outputs"], "outputFile": f"/work/{name}.json"}})
    words = [text if word == "{{$}}" else word for word in command(name)]
    started = [*hardened, "--volume", f"{folder}:/work", "--entrypoint", words[0], image, *words[1:]]
    done = subprocess.run(["docker", "run", *started], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    made.chmod(0o777)
    tmp_path.chmod(0o755)
    (made / "churn.csv").write_bytes((ROOT / "examples/churn/churn.csv").read_bytes())
    return made


def test_validate_and_featurize_run_in_the_image(
    image: Callable[[str], str], hardened: list[str], folder: Path
) -> None:
    components = image("components")
    given = {
        "inputs": {"parameterValues": {"data": "/work/churn.csv", "target": "churn"}},
        "outputs": {"artifacts": artifacts("table", "contract", "findings", "metrics")},
    }
    found = run(components, hardened, folder, "validate", given)
    assert found["artifacts"]["metrics"]["artifacts"][0]["metadata"]["rows"] == 5000
    given = {
        "inputs": {"artifacts": artifacts("table", "contract"), "parameterValues": {}},
        "outputs": {"artifacts": artifacts("rows", "features", "plan", "metrics")},
    }
    found = run(components, hardened, folder, "featurize", given)
    counted = found["artifacts"]["metrics"]["artifacts"][0]["metadata"]
    assert counted["rows_train"] + counted["rows_validation"] + counted["rows_test"] == 5000
