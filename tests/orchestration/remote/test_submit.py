import itertools
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.orchestration.images import COMPONENTS
from slipway.orchestration.remote import follow
from slipway.steps.deploy import IMAGE

Slipway = Callable[..., tuple[int, str, str]]


def test_a_run_is_started_and_followed_to_its_end(submit: Slipway, kfp: Any) -> None:
    code, out, err = submit()

    assert err == ""
    assert code == 0
    (run,) = kfp.all("runs")
    (version,) = kfp.all("pipeline_versions")
    assert run["pipeline_version_reference"]["pipeline_version_id"] == version["pipeline_version_id"]
    assert (
        run["runtime_config"]["parameters"].items()
        >= {
            "data": "s3://bucket/churn.parquet",
            "target": "churn",
            "name": "churn",
            "run": run["display_name"],
            "candidates": ["logistic", "forest", "xgboost"],
        }.items()
    )
    assert kfp.all("experiments")[0]["display_name"] == "churn"
    lines = out.splitlines()
    assert lines[0] == f"pipeline    {version['display_name']}, uploaded"
    assert lines[1] == "experiment  churn, new"
    assert lines[3] == f"dashboard   {kfp.url}/#/runs/details/{run['run_id']}"
    assert lines[4:6] == ["validate    running", "validate    succeeded in 31 s"]
    assert lines[-2:] == ["deploy      succeeded in 31 s", f"{run['display_name']}: succeeded, promoted"]


def test_a_pipeline_is_compiled_when_none_is_given(slipway: Slipway, kfp: Any) -> None:
    image = f"registry.example/python-components@sha256:{'0' * 64}"
    spec = Path(__file__).parents[3] / "examples/churn/kind.yaml"
    code, _, err = slipway("submit", str(spec), "--endpoint", kfp.url, "--image", image)
    assert err == f"no serving.image is named, so the model is served from {IMAGE}, {NODES}\n"
    assert code == 0
    assert len(kfp.all("pipeline_versions")) == 1
    assert kfp.all("runs")[0]["runtime_config"]["parameters"]["data"] == "/data/churn.csv"
    _, _, err = slipway("submit", str(spec), "--endpoint", kfp.url)
    assert f"no --image is named, so the steps run in {COMPONENTS}, {NODES}\n" in err


NODES = "which the cluster's nodes must have already"


def test_the_same_content_is_uploaded_once(submit: Slipway, kfp: Any, package: Path, tmp_path: Path) -> None:
    assert [submit()[0], submit()[0]] == [0, 0]
    assert kfp.asked.count("POST /pipelines/upload_version") == 1
    assert len(kfp.all("runs")) == 2
    assert len(kfp.all("experiments")) == len(kfp.all("pipelines")) == 1

    other = tmp_path / "other.yaml"
    other.write_text(package.read_text() + "# another\n")
    assert submit("--package", str(other))[0] == 0
    first, second = kfp.all("pipeline_versions")
    assert first["pipeline_id"] == second["pipeline_id"]
    assert first["name"] != second["name"]


def test_each_change_of_a_step_is_one_line(submit: Slipway, kfp: Any) -> None:
    kfp.frames = [
        ("RUNNING", {"validate": "PENDING"}),
        ("RUNNING", {"validate": "PENDING"}),
        ("RUNNING", {"validate": "RUNNING"}),
        ("RUNNING", {"validate": "SUCCEEDED", "train": "RUNNING"}),
        ("SUCCEEDED", {**ALL_BUT_LAST, "train": "SUCCEEDED"}),
    ]
    lines = submit()[1].splitlines()[4:]
    assert lines[:5] == [
        "validate    waiting",
        "validate    running",
        "validate    succeeded in 31 s",
        "train       running",
        "train       succeeded in 31 s",
    ]


ALL_BUT_LAST = {"validate": "SUCCEEDED"}


def test_a_failed_run_says_what_failed_and_where_to_look(submit: Slipway, kfp: Any) -> None:
    kfp.frames = [("RUNNING", {"validate": "SUCCEEDED"}), ("FAILED", {"validate": "SUCCEEDED", "train": "FAILED"})]
    code, out, err = submit()
    run = kfp.all("runs")[0]["run_id"]
    assert (code, err) == (4, "")
    assert "train       failed" in out
    assert "failed: train. the workflow failed" in out
    assert f"kubectl --namespace kubeflow logs --selector pipeline/runid={run} --container main" in out


@pytest.mark.parametrize(
    "frames",
    [
        [("RUNNING", {}), ("CANCELED", {"validate": "CANCELED"})],
        [("RUNNING", {}), ("CANCELING", {}), ("FAILED", {"validate": "FAILED"})],
    ],
    ids=["canceled", "canceling-then-failed"],
)
def test_a_cancelled_run_ends(submit: Slipway, kfp: Any, frames: list[Any]) -> None:
    kfp.frames = frames
    code, out, _ = submit()
    assert code == 5
    assert out.splitlines()[-1].endswith(": cancelled")


def test_a_run_that_takes_longer_than_the_timeout_goes_on(
    submit: Slipway, kfp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0.0, 2.0)
    monkeypatch.setattr(follow.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(follow.time, "sleep", lambda _: None)
    kfp.frames = [("RUNNING", {"validate": "RUNNING"})]
    code, out, _ = submit("--timeout", "10")
    assert code == 6
    assert "still running; it is followed no more" in out
    assert f"follow it with: slipway follow {kfp.all('runs')[0]['run_id']} --endpoint {kfp.url}" in out
    assert "terminate" not in " ".join(kfp.asked)


def test_an_interrupt_leaves_the_run_alone(submit: Slipway, kfp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(follow.time, "sleep", interrupted)
    code, _, err = submit()
    run = kfp.all("runs")[0]["run_id"]
    assert code == 130
    assert f"the run goes on: {kfp.url}/#/runs/details/{run}" in err
    assert f"follow it with: slipway follow {run} --endpoint {kfp.url}" in err
    assert f"end it with: slipway cancel {run} --endpoint {kfp.url}" in err
    assert not any("terminate" in asked for asked in kfp.asked)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_ended_is_an_interrupt_too(
    submit: Slipway, kfp: Any, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.signal(number, signal.SIG_DFL)
    monkeypatch.setattr(follow.time, "sleep", lambda _: signal.raise_signal(number))
    try:
        code, _, err = submit()
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert code == 130
    assert "interrupted; the run goes on: " in err


def test_cancel_ends_a_run(slipway: Slipway, submit: Slipway, kfp: Any) -> None:
    assert submit("--no-wait")[0] == 0
    run = kfp.all("runs")[0]["run_id"]
    code, out, _ = slipway("cancel", run, "--endpoint", kfp.url)
    assert (code, out) == (0, f"asked KFP to end run {run}\n")
    assert f"POST /runs/{run}:terminate" in kfp.asked
    assert slipway("cancel", "nope", "--endpoint", kfp.url)[0] == 2


def test_a_run_can_be_followed_later(slipway: Slipway, submit: Slipway, kfp: Any) -> None:
    assert submit("--no-wait")[0] == 0
    (run,) = kfp.all("runs")
    kfp.frames = [("RUNNING", {"train": "RUNNING"}), ("FAILED", {"train": "FAILED"})]
    code, out, _ = slipway("follow", run["run_id"], "--endpoint", kfp.url)
    assert code == 4
    assert "failed: train" in out
    kfp.looks.clear()
    code, out, _ = slipway("follow", run["run_id"], "--endpoint", kfp.url, "--json")
    said = json.loads(out)
    assert (code, said["run"], said["experiment"]) == (4, run["display_name"], "churn")
    assert said["version"] == kfp.all("pipeline_versions")[0]["name"]
    del run["pipeline_version_reference"]
    assert "was not started from a version" in slipway("follow", run["run_id"], "--endpoint", kfp.url)[2]
    code, _, err = slipway("follow", "nope", "--endpoint", kfp.url)
    assert code == 2
    assert "refused to look at run 'nope' (404): nope not found" in err


def test_without_waiting_nothing_is_followed(submit: Slipway, kfp: Any) -> None:
    code, out, _ = submit("--no-wait")
    run = kfp.all("runs")[0]["run_id"]
    assert code == 0
    assert out.splitlines()[-1] == f"dashboard   {kfp.url}/#/runs/details/{run}"
    assert f"GET /runs/{run}" not in kfp.asked


def test_json_is_one_object_on_stdout(submit: Slipway, kfp: Any) -> None:
    kfp.frames = [("RUNNING", {"validate": "RUNNING"}), ("FAILED", {"validate": "FAILED"})]
    code, out, err = submit("--json", "--experiment", "nightly")
    said = json.loads(out)
    assert code == said["exit_code"] == 4
    assert said["run_id"] == kfp.all("runs")[0]["run_id"]
    assert (said["state"], said["experiment"], said["uploaded"]) == ("failed", "nightly", True)
    assert said["steps"] == [{"name": "validate", "state": "failed", "seconds": 31.0}]
    assert "validate    running" in err

    code, out, _ = submit("--json", "--no-wait")
    assert (code, json.loads(out)["state"], json.loads(out)["uploaded"]) == (0, "started", False)


def test_parameters_accounts_and_roots_reach_the_run(submit: Slipway, kfp: Any) -> None:
    flags = ("--param", "seed=7", "--param", 'gates={"min_score": 0.8}', "--param", "purpose=to call: 1=2")
    more = ("--service-account", "trainer", "--pipeline-root", "memory://root", "--reason", "merge 12")
    assert submit(*flags, *more)[0] == 0
    (run,) = kfp.all("runs")
    given = run["runtime_config"]["parameters"]
    assert (given["seed"], given["gates"], given["purpose"]) == (7, {"min_score": 0.8}, "to call: 1=2")
    assert given["reason"] == "merge 12"
    assert (run["service_account"], run["runtime_config"]["pipeline_root"]) == ("trainer", "memory://root")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--param", "sed=7"), "did you mean 'seed'?"),
        (("--param", "seed=seven"), "--param seed is 'seven'; it should be an integer"),
        (("--param", "seed"), "should be NAME=VALUE"),
        (("--param", "gates=[]"), "it should be an object, as JSON"),
        (("--image", "x@sha256:1"), "--package has its images already"),
        (("--package", "nope.yaml"), "the package 'nope.yaml' can't be read: No such file"),
        (("--package", "slipway.yaml"), "'slipway.yaml' is not a compiled pipeline"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(
    submit: Slipway, kfp: Any, flags: tuple[str, ...], words: str
) -> None:
    code, _, err = submit(*flags)
    assert code == 2
    assert words in err
    assert kfp.asked == []


@pytest.mark.parametrize("field", ["data", "registry"])
def test_a_path_of_this_machine_is_refused(submit: Slipway, kfp: Any, tmp_path: Path, field: str) -> None:
    spec = (tmp_path / "slipway.yaml").read_text()
    (tmp_path / "slipway.yaml").write_text(spec.replace(f"{field}: s3://bucket/", f"{field}: "))
    code, _, err = submit()
    assert code == 2
    assert f"'{field}' is" in err
    assert "below a mount of 'execution'" in err
    assert kfp.asked == []
    assert submit("--param", f"{field}=/mnt/claim/it")[0] == 0


def test_a_path_below_a_mount_is_for_the_pods(submit: Slipway, kfp: Any, tmp_path: Path) -> None:
    spec = tmp_path / "slipway.yaml"
    spec.write_text(
        "{name: churn, target: churn, data: /data/churn.csv, registry: /claim/registry, execution: "
        "{secrets: [{name: churn-data, mount: /data}, {name: s, env: {a: A}}], volumes: [{claim: c, mount: /claim/}]}}"
    )
    assert submit()[0] == 0
    spec.write_text(spec.read_text().replace("/data/churn.csv", "/database/churn.csv"))
    assert "'data' is '/database/churn.csv'" in submit()[2]


def test_what_a_pipeline_has_no_parameter_for_is_told(slipway: Slipway, kfp: Any, tmp_path: Path) -> None:
    from kfp import compiler, dsl

    @dsl.container_component
    def look(data: str) -> dsl.ContainerSpec:
        return dsl.ContainerSpec(image="look", args=[data])

    @dsl.pipeline(name="own")
    def own(data: str, rows: int = 3) -> None:
        look(data=data)

    compiler.Compiler().compile(own, str(tmp_path / "own.yaml"))
    with (tmp_path / "slipway.yaml").open("a") as spec:
        spec.write("purpose: to see\n")
    kfp.frames = [("SUCCEEDED", {"look": "SUCCEEDED"})]
    code, out, _ = slipway("submit", "--endpoint", kfp.url, "--package", "own.yaml")
    assert code == 0
    assert "the pipeline has no parameter for purpose, registry, serving: what the spec says there is not passed" in out
    assert kfp.all("runs")[0]["runtime_config"]["parameters"] == {"data": "s3://bucket/churn.parquet"}
    assert out.splitlines()[-1].endswith(": succeeded")
