"""How a run ended and why, read from what its steps left."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.orchestration.remote import run as runs
from slipway.orchestration.remote import verdict
from slipway.steps import events
from slipway.steps.evaluate import evaluate

Slipway = Callable[..., tuple[int, str, str]]


NOT_PROMOTED = [
    ("SUCCEEDED", {**dict.fromkeys(("validate", "drift", "featurize", "train", "evaluate"), "SUCCEEDED")}),
]


def test_without_the_verdict_a_model_that_is_not_promoted_is_no_failure(submit: Slipway, kfp: Any) -> None:
    kfp.frames = NOT_PROMOTED
    code, out, _ = submit()
    assert code == 0
    assert ": succeeded, not promoted" in out
    assert "says whether the champion was kept or a gate refused" in out


GATE = """validate: the data is outside of its limits: age is null in 40% of the rows
Traceback (most recent call last):
  File "/app/slipway/data/contract.py", line 124, in refuse
    raise GateError(message, failures)
slipway.errors.GateError: the data is outside of its limits: age is null in 40% of the rows
"""


MISTAKE = "Traceback (most recent call last):\nslipway.errors.DataError: column 'chrn' is not in the data\n"


BUG = "Traceback (most recent call last):\nZeroDivisionError: division by zero\n"


LOG = """evaluate: started
evaluate: graph and native model agree on every held-out row (largest difference 4.0e-07)
evaluate: {outcome}: because of the gates
evaluate: finished
I1121 12:00:00.000000      22 launcher_v2.go:194] publish success.
"""


@pytest.fixture(params=["kfp", "root"])
def printed(
    request: pytest.FixtureRequest, kfp: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Puts what a step printed where it can be read: into KFP's archive, or below the pipeline root."""
    start = runs.start

    def put(step: str, text: str) -> None:
        def started(*arguments: Any) -> str:
            run_id = start(*arguments)
            for attempt, content in (("0", "Killed"), ("1", text)):
                file = tmp_path / "root/train-and-deploy" / run_id / step / "0b1c" / f"executor-logs-{attempt}"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(content)
                os.utime(file, (int(attempt), int(attempt)))
            return run_id

        if request.param == "kfp":
            kfp.logs[step] = text
        else:
            monkeypatch.setattr(runs, "start", started)

    return put


@pytest.mark.parametrize(("outcome", "code"), [("kept", 0), ("refused", 3)])
def test_why_a_model_is_not_promoted_is_read_from_a_log(
    submit: Slipway, kfp: Any, tmp_path: Path, printed: Callable[[str, str], None], outcome: str, code: int
) -> None:
    printed("evaluate", LOG.format(outcome=outcome))
    kfp.frames = NOT_PROMOTED
    found, out, _ = submit("--pipeline-root", str(tmp_path / "root"))
    assert found == code
    assert out.splitlines()[-2].endswith(f": succeeded, {outcome}")
    assert out.splitlines()[-1] == "because of the gates"


@pytest.mark.parametrize(
    ("log", "code", "title", "why"),
    [
        (GATE, 3, "failed, refused", "the data is outside of its limits: age is null in 40% of the rows"),
        (MISTAKE, 4, "failed", "column 'chrn' is not in the data"),
        (BUG, 4, "failed", "failed: validate. the workflow failed"),
    ],
    ids=["gate", "mistake", "bug"],
)
def test_why_a_step_failed_is_read_from_its_log(
    submit: Slipway,
    kfp: Any,
    tmp_path: Path,
    printed: Callable[[str, str], None],
    log: str,
    code: int,
    title: str,
    why: str,
) -> None:
    printed("validate", log)
    kfp.frames = [("RUNNING", {"validate": "RUNNING"}), ("FAILED", {"validate": "FAILED"})]
    found, out, _ = submit("--pipeline-root", str(tmp_path / "root"))
    assert found == code
    assert f": {title}\n{why}\n" in out


def test_what_evaluate_prints_is_what_is_looked_for(
    trained: Callable[[str], Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(events.FILE_VARIABLE, raising=False)
    given = {name: str(trained("binary").folder / name) for name in ("rows", "features", "plan", "models", "contract")}
    made = {name: str(tmp_path / name) for name in ("bundle", "verdict", "card", "report")}
    gates = {"min_score": 0.9999, "max_latency_ms": None, "resamples": 200}
    capsys.readouterr()

    evaluate({"name": "model", "registry": "", "gates": gates}, seed=0, **given, **made)

    decided = json.loads((tmp_path / "verdict").read_text())
    assert decided["outcome"] == "refused"
    assert verdict._JUDGED.findall(capsys.readouterr().err) == [("refused", decided["reason"])]


def test_a_verdict_that_cant_be_read_is_said(submit: Slipway, kfp: Any) -> None:
    kfp.frames = NOT_PROMOTED
    code, out, _ = submit("--pipeline-root", "nowhere://root")
    assert code == 0
    assert "what the run kept below nowhere://root can't be read" in out
