import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from slipway.cli import main
from slipway.spec import load

COMMANDS = (
    "init", "run", "serve", "score", "down", "drift", "models", "sign", "compile", "submit", "follow", "cancel",
    "schedule", "schema",
)  # fmt: skip


@pytest.fixture
def slipway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in an empty folder: exit code, what it printed, what it complained."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return call


Slipway = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(slipway: Slipway, command: str) -> None:
    code, out, _ = slipway(command, "--help")
    assert code == 0
    assert f"usage: slipway {command}" in out.lower()


def test_version(slipway: Slipway) -> None:
    assert slipway("--version")[1].strip().count(".") == 2


def test_without_a_spec_the_next_step_is_named(slipway: Slipway) -> None:
    code, _, err = slipway("run")
    assert code == 2
    assert "slipway init DATA --target COLUMN" in err


def test_no_cluster_is_touched_that_was_not_named(slipway: Slipway) -> None:
    code, _, err = slipway("run", "--to", "kubernetes")
    assert code == 2
    assert "--context NAME" in err
    code, _, err = slipway("run", "--context", "prod")
    assert code == 2
    assert "add --to kubernetes" in err


def test_init_writes_a_spec_that_loads(slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path) -> None:
    data = trained("binary").folder / "data.parquet"
    code, out, _ = slipway("init", str(data), "--target", "y", "--name", "members")
    assert code == 0
    assert "slipway run" in out
    spec = load(tmp_path / "slipway.yaml")
    assert (spec.name, spec.target, spec.task) == ("members", "y", "binary")
    assert Path(spec.data).resolve() == data.resolve()


def test_init_keeps_a_spec_that_is_there(slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_text("mine")
    data = str(trained("binary").folder / "data.parquet")
    code, _, err = slipway("init", data, "--target", "y")
    assert code == 2
    assert "--force" in err
    assert (tmp_path / "slipway.yaml").read_text() == "mine"
    assert slipway("init", data, "--target", "y", "--force")[0] == 0


def test_init_with_an_unknown_target_writes_nothing(
    slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path
) -> None:
    code, _, err = slipway("init", str(trained("binary").folder / "data.parquet"), "--target", "citty")
    assert code == 2
    assert "did you mean 'city'" in err
    assert not (tmp_path / "slipway.yaml").exists()


def test_models_of_a_new_registry(slipway: Slipway, tmp_path: Path) -> None:
    (tmp_path / "slipway.yaml").write_text(yaml.safe_dump({"name": "m", "data": "d.csv", "target": "y"}))
    assert "has no version yet" in slipway("models")[1]
    assert json.loads(slipway("models", "--json")[1]) == {"champion": None, "versions": []}


def test_down_without_a_server(slipway: Slipway) -> None:
    code, out, _ = slipway("down")
    assert code == 0
    assert "no server" in out


def test_compile_takes_what_the_steps_get_from_the_spec(slipway: Slipway) -> None:
    Path("slipway.yaml").write_text("name: a\ndata: b\ntarget: c\nexecution: {labels: {team: churn}}\n")
    Path("other.yaml").write_text("name: a\ndata: b\ntarget: c\nexecution: {labels: {team: other}}\n")

    assert slipway("compile", "--output", "here")[0] == 0
    assert slipway("compile", "--output", "there", "--spec", "other.yaml", "--format", "kubernetes")[0] == 0

    assert "team: churn" in Path("here/train_and_deploy.yaml").read_text()
    there = Path("there/train_and_deploy.yaml").read_text()
    assert "team: other" in there
    assert "kind: PipelineVersion" in there

    code, _, err = slipway("compile", "--spec", "missing.yaml")
    assert code == 2
    assert "there is no spec at 'missing.yaml'" in err


@pytest.mark.parametrize("command", ["run", "submit", "compile", "models"])
def test_a_spec_is_named_as_an_argument_or_as_an_option(slipway: Slipway, command: str) -> None:
    Path("wrong.yaml").write_text("name: A\n")

    flags = ("--endpoint", "http://127.0.0.1:9") if command == "submit" else ()
    assert slipway(command, "wrong.yaml", *flags)[2] == slipway(command, "--spec", "wrong.yaml", *flags)[2]
    code, _, err = slipway(command, "wrong.yaml", "--spec", "other.yaml", *flags)
    assert code == 2
    assert "two specs are named, 'wrong.yaml' and --spec 'other.yaml': keep one of them" in err


def test_compile_writes_every_pipeline(slipway: Slipway, tmp_path: Path) -> None:
    code, out, err = slipway("compile", "--output", "here")
    assert code == 0
    assert Path(out.strip()).name == "train_and_deploy.yaml"
    assert "no --image is named, so the steps run in localhost/slipway/python-components:" in err
    assert (tmp_path / "here/train_and_deploy.yaml").exists()
    code, _, err = slipway("compile", "--image", "mine:latest")
    assert code == 2
    assert "by digest" in err


def test_the_schema_is_json_schema(slipway: Slipway) -> None:
    schema = json.loads(slipway("schema")[1])
    assert {"name", "data", "target"} <= set(schema["required"])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("name: m\ndata: d\ntarget: y\ntargt: z\n", ["'targt' is unknown", "did you mean 'target'"]),
        ("name: m\ndata: d\ntarget: y\nserving: {port: eighty}\n", ["'serving.port'", "'eighty'"]),
        ("name: My Model\ndata: d\ntarget: y\n", ["'name'", "'My Model'"]),
        ("name: m\ndata: d\n", ["'target' is missing"]),
        ("just a text", ["holds str, not fields"]),
        ("name: [m\n", ["not valid YAML"]),
    ],
)
def test_a_wrong_spec_is_told_in_a_sentence(slipway: Slipway, tmp_path: Path, spec: str, words: list[str]) -> None:
    (tmp_path / "slipway.yaml").write_text(spec)
    code, _, err = slipway("run")
    assert code == 2
    assert all(word in err for word in words), err


def test_score_writes_predictions_and_says_how_many(
    slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path
) -> None:
    made = trained("binary")
    code, out, _ = slipway("score", str(made.bundle), str(made.folder / "data.parquet"), "out.csv", "--json")
    assert code == 0
    done = json.loads(out)
    assert (done["rows"], done["bad"], done["output"]) == (600, 0, "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 601


def test_score_refuses_another_answer_to_bad_rows(slipway: Slipway) -> None:
    code, _, said = slipway("score", "bundle", "in.csv", "out.csv", "--on-error", "skip")
    assert code == 2
    assert "--on-error is 'skip'; it should be fail or null" in said


def test_sign_makes_a_key_and_signs_with_it(slipway: Slipway, trained: Callable[[str], Any], tmp_path: Path) -> None:
    key, bundle = str(tmp_path / "key"), str(tmp_path / "bundle")
    shutil.copytree(trained("binary").bundle, bundle)
    code, public, _ = slipway("sign", "--new-key", key)
    assert (code, len(public.strip())) == (0, 64)
    assert slipway("sign", bundle, "--key", key) == (0, public, "")
    assert slipway("sign", bundle)[0] == 2
    code, _, complaint = slipway("sign", "--new-key", key)
    assert (code, "File exists" in complaint) == (2, True)


def test_serve_without_a_bundle_is_one_sentence(slipway: Slipway) -> None:
    code, _, said = slipway("serve")
    assert (code, len(said.splitlines())) == (2, 1)
    assert "no bundle is named" in said


@pytest.fixture
def shifted(tmp_path: Path) -> tuple[str, str]:
    """Two tables; a number of the second has moved."""
    rows = [{"x": at % 17, "z": at % 5, "y": at % 2, "said": at % 2} for at in range(400)]
    for name, shift in (("before", 0), ("now", 9)):
        lines = ["x,z,y,said", *(f"{row['x'] + shift},{row['z']},{row['y']},{row['said']}" for row in rows)]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    return "before.csv", "now.csv"


def test_drift_says_what_moved_and_fails_only_when_asked(
    slipway: Slipway, shifted: tuple[str, str], tmp_path: Path
) -> None:
    code, out, _ = slipway("drift", *shifted, "--no-classifier")

    assert code == 0
    assert "alarm data: 1 of 4 columns drifted: 'x'" in out
    assert "x" in (tmp_path / "drift.html").read_text()
    assert slipway("drift", *shifted, "--no-classifier", "--fail")[0] == 3
    assert slipway("drift", shifted[0], shifted[0], "--no-classifier", "--fail")[0] == 0


def test_drift_for_machines(slipway: Slipway, shifted: tuple[str, str], tmp_path: Path) -> None:
    options = ("--no-classifier", "--prometheus", "m.prom", "--name", "churn", "--output", "here.html")
    raw = json.loads(slipway("drift", *shifted, "--json", *options)[1])

    assert (raw["drifted"], raw["columns"]) == (True, ["x"])
    jsonschema.validate(raw, json.loads(slipway("schema", "drift")[1]))
    assert 'slipway_drift_severity{model="churn",part="data"} 2.0' in (tmp_path / "m.prom").read_text()
    assert (tmp_path / "here.html").exists()


def test_drift_takes_its_limits_from_options_and_from_a_spec(
    slipway: Slipway, shifted: tuple[str, str], tmp_path: Path
) -> None:
    drift = {"columns": {"x": {"warn": 50, "alarm": 60}}, "classifier": False}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump({"name": "m", "data": "d.csv", "target": "y", "drift": drift}))

    assert slipway("drift", *shifted, "--spec", "s.yaml", "--fail")[0] == 0
    assert slipway("drift", *shifted, "--no-classifier", "--warn", "50", "--alarm", "60", "--fail")[0] == 0
    code, _, err = slipway("drift", *shifted, "--warn", "2", "--alarm", "1")
    assert code == 2
    assert "warn must not be above alarm" in err


def test_drift_of_predictions_that_the_truth_contradicts(slipway: Slipway, shifted: tuple[str, str]) -> None:
    names = ("--truth", "y", "--prediction", "said", "--no-classifier", "--json")
    raw = json.loads(slipway("drift", shifted[0], shifted[0], *names)[1])
    assert raw["parts"]["performance"]["severity"] == "none"
    code, _, err = slipway("drift", *shifted, "--truth", "yy", "--prediction", "said")
    assert code == 2
    assert "column 'yy' is not in the reference" in err
