"""What a person sees: the command line from a table to a served model, and back."""

import json
import shlex
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

EXAMPLE = Path(__file__).parents[2] / "examples" / "churn"

Slipway = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def spec(tmp_path: Path, port: int) -> Callable[..., None]:
    """Writes a spec for the table at ``data``."""

    def write(data: Path, target: str, **fields: Any) -> None:
        spec = {"name": "model", "data": str(data), "target": target, "serving": {"port": port}, **fields}
        (tmp_path / "slipway.yaml").write_text(yaml.safe_dump(spec))

    return write


def asked(outcome: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(f"{outcome['endpoint']}/predict", json.dumps(outcome["example"]).encode())
    with urllib.request.urlopen(request, timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def test_from_the_example_to_a_server_and_again_and_down(
    slipway: Slipway, spec: Callable[..., None], tmp_path: Path
) -> None:
    spec(EXAMPLE / "churn.csv", "churn")
    first = slipway("run", "--json")
    assert first.returncode == 0, first.stderr
    outcome = json.loads(first.stdout)
    assert outcome["outcome"] == "promoted"
    assert outcome["verdict"]["score"]["estimate"] > 0.9
    for step in ("validate", "featurize", "train", "drift", "evaluate", "register", "deploy"):
        assert f"{step:<10} done in" in first.stderr
    for path in outcome["files"].values():
        assert (tmp_path / path).exists()
    assert asked(outcome)["predictions"][0]["label"] in ("yes", "no")
    assert "v1 " in slipway("models").stdout
    state = (tmp_path / ".slipway/servers/model.json").read_text()

    second = slipway("run")
    assert second.returncode == 0, second.stderr
    assert "model: champion kept" in second.stdout
    assert "A tie keeps the champion" in second.stdout.replace("\n", " ")
    assert (tmp_path / ".slipway/servers/model.json").read_text() == state
    curl = next(line for line in second.stdout.splitlines() if line.startswith("curl "))
    pasted = subprocess.run(shlex.split(curl), capture_output=True, text=True, check=True)
    assert json.loads(pasted.stdout)["predictions"][0]["probabilities"].keys() == {"no", "yes"}

    assert "ended the server of model" in slipway("down").stdout
    assert "no server that was started from" in slipway("down").stdout
    with pytest.raises(OSError, match="refused"):
        asked(outcome)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_every_task_ends_in_a_served_model(
    slipway: Slipway, spec: Callable[..., None], tmp_path: Path, trained: Callable[[str], Any], task: str
) -> None:
    spec(trained(task).folder / "data.parquet", "y")
    done = slipway("run", "--json")
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout)
    answer = asked(outcome)["predictions"][0]
    assert answer["value"] > 0 if task == "regression" else answer["label"] in ("low", "mid", "high")


def test_a_port_in_use_is_told_before_anything_is_trained(
    slipway: Slipway, spec: Callable[..., None], tmp_path: Path, port: int
) -> None:
    import socket

    spec(EXAMPLE / "churn.csv", "churn")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        done = slipway("run")
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1" in done.stderr
    assert not (tmp_path / ".slipway/runs").exists()


def test_a_mistake_in_a_step_is_one_sentence(slipway: Slipway, spec: Callable[..., None], tmp_path: Path) -> None:
    spec(EXAMPLE / "churn.csv", "chrun")
    done = slipway("run")
    assert done.returncode == 2
    assert "did you mean 'churn'" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / ".slipway/registry").exists()


def test_a_gate_that_says_no_exits_with_3_and_serves_nothing(
    slipway: Slipway, spec: Callable[..., None], tmp_path: Path
) -> None:
    spec(EXAMPLE / "churn.csv", "churn", candidates=["logistic"], gates={"min_score": 0.99})
    done = slipway("run")
    assert done.returncode == 3
    assert "model: refused" in done.stdout
    assert not (tmp_path / ".slipway/servers/model.json").exists()


def test_too_few_rows_exit_with_3(slipway: Slipway, spec: Callable[..., None]) -> None:
    spec(EXAMPLE / "churn.csv", "churn", quality={"min_rows": 10_000})
    done = slipway("run")
    assert done.returncode == 3
    assert "5,000 rows can be used; quality.min_rows asks for 10,000" in done.stderr


def test_every_check_that_failed_is_a_line_of_the_table(slipway: Slipway, spec: Callable[..., None]) -> None:
    limits = {
        "account_length": {"max": 200},
        "area_code": {"allowed": ["area_code_415"]},
        "total_day_calls": {"min": 0},
    }
    spec(EXAMPLE / "churn.csv", "churn", quality={"min_rows": 10_000, "columns": limits})
    done = slipway("run")
    assert done.returncode == 3
    lines = [" ".join(line.split()) for line in done.stderr.splitlines() if line.strip().startswith("✗")]
    assert sorted(line.split("✗ ")[1] for line in lines) == [
        "allowed values area_code area_code_415 2,505 rows",
        "largest value account_length at most 200 35 rows",
        "rows at least 10,000 5,000",
    ]
    assert "smallest value" not in done.stderr


def test_drift_between_a_bundle_and_tables(slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path) -> None:
    made = trained("binary")
    frame = pl.read_parquet(made.folder / "data.parquet")
    frame.with_columns(pl.col("amount") * 10).write_csv(tmp_path / "shifted.csv")
    same = slipway("drift", str(made.bundle), str(made.folder / "data.parquet"))
    assert same.returncode == 0, same.stderr
    shifted = slipway("drift", str(made.bundle), "shifted.csv", "--output", "report.html", "--fail")
    assert shifted.returncode == 3
    assert "'amount'" in shifted.stdout
    assert "amount" in (tmp_path / "report.html").read_text()
