import io
from datetime import UTC, datetime
from typing import Any

import kfp_server_api
import pytest
from rich.console import Console

from slipway.cli.submission import Submission
from slipway.orchestration.remote import run as runs
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.follow import Step, follow, progress
from slipway.orchestration.remote.package import Package

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def run(state: str | None, *tasks: tuple[str, str | None]) -> kfp_server_api.V2beta1Run:
    details = [
        kfp_server_api.V2beta1PipelineTaskDetail(display_name=name, state=task, start_time=START, end_time=END)
        for name, task in tasks
    ]
    return kfp_server_api.V2beta1Run(state=state, run_details=kfp_server_api.V2beta1RunDetails(task_details=details))


def test_only_steps_are_told_of() -> None:
    found = progress(run("RUNNING", ("root", "RUNNING"), ("a-driver", "SUCCEEDED"), ("a", "SUCCEEDED")), ["a", "b"])
    assert found.state == "running"
    assert list(found.steps.values()) == [Step("a", "succeeded", START.timestamp(), END.timestamp())]
    assert found.steps["a"].seconds == 60


@pytest.mark.parametrize("tasks", [["SUCCEEDED", "FAILED", "RUNNING"], ["FAILED", "RUNNING", "SUCCEEDED"]])
def test_of_a_step_that_runs_several_times_the_worst_is_told(tasks: list[str]) -> None:
    found = progress(run("RUNNING", *(("a", state) for state in tasks)), ["a"])
    assert found.steps["a"].state == "failed"


@pytest.mark.parametrize("state", [None, "RUNTIME_STATE_UNSPECIFIED", "SOMETHING_NEW"])
def test_a_state_that_says_nothing_is_no_end(state: str | None) -> None:
    found = progress(run(state, ("a", state)), ["a"])
    assert (found.state, found.ended, found.steps) == ("waiting", False, {})
    assert progress(kfp_server_api.V2beta1Run(), ["a"]).state == "waiting"


@pytest.mark.usefixtures("kfp")
def test_a_terminal_shows_a_board(api: Api, kfp: Any) -> None:
    kfp.stores["runs"]["x"] = {"run_id": "x"}
    kfp.frames = [
        ("RUNNING", {"a": "RUNNING"}),
        ("SUCCEEDED", {"a": "SUCCEEDED", "b": "SKIPPED"}),
    ]
    package = Package("", "p", {}, frozenset(), ("a", "b"))
    console = Console(file=io.StringIO(), force_terminal=True, width=60)
    started = Submission(
        "mine", "x", "http://page", "p-1", uploaded=True, experiment="e", pipeline_root="", package=package
    )
    ended = started.follow(api, console, None)
    assert (ended.exit_code, ended.end and ended.end.state) == (0, "succeeded")
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✓" in shown
    assert "skipped" in shown
    assert "a           running" not in shown


@pytest.mark.usefixtures("kfp")
def test_the_end_comes_at_any_look(api: Api, kfp: Any) -> None:
    kfp.stores["runs"]["x"] = {"run_id": "x"}
    kfp.frames = [("SUCCEEDED", {"a": "SUCCEEDED"})]
    told: list[Step] = []
    assert follow(api, "x", ("a",), told.append).state == "succeeded"
    assert [step.state for step in told] == ["succeeded"]
    assert runs.get(api, "x").state == "SUCCEEDED"
