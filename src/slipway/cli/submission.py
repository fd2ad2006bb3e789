"""A run that was submitted: what is shown of it, and what it ends with."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from slipway.cli.progress import Progress as Board
from slipway.steps.events import Event

if TYPE_CHECKING:
    from slipway.orchestration.remote.api import Api
    from slipway.orchestration.remote.follow import Progress, Step
    from slipway.orchestration.remote.package import Package
    from slipway.orchestration.remote.verdict import Verdict

_CODES = {"succeeded": 0, "skipped": 0, "failed": 4, "cancelled": 5}
_UNFINISHED = 6
_REFUSED = 3
_STYLES = {"succeeded": "green", "skipped": "dim", "failed": "red", "cancelled": "yellow"}
_KINDS = {"running": "started", "succeeded": "finished", "failed": "failed"}


@dataclass(frozen=True, slots=True)
class Submission:
    """A run on KFP.

    Attributes:
        name: The run's name.
        run_id: KFP's id of it.
        page: Its page in the dashboard.
        version: Name of the pipeline's version.
        uploaded: Whether that was uploaded now.
        experiment: Name of the experiment that it is in.
        pipeline_root: URI below which its artifacts are; empty for KFP's default.
        package: The pipeline.
        end: How it ended, or was when it was followed no more; None when it was not followed.
        verdict: What became of the model; None when the run was not followed.
    """

    name: str
    run_id: str
    page: str
    version: str
    uploaded: bool
    experiment: str
    pipeline_root: str
    package: "Package"
    end: "Progress | None" = None
    verdict: "Verdict | None" = None

    @property
    def exit_code(self) -> int:
        """0 succeeded, 3 refused by a gate, 4 failed, 5 cancelled, 6 not at its end."""
        if self.verdict is not None and self.verdict.outcome == "refused":
            return _REFUSED
        return _CODES.get(self.end.state, _UNFINISHED) if self.end else 0

    def to_dict(self) -> dict[str, Any]:
        """The submission as plain JSON values."""
        steps = self.end.steps.values() if self.end else ()
        return {
            "run": self.name,
            "run_id": self.run_id,
            "dashboard": self.page,
            "pipeline": self.package.name,
            "version": self.version,
            "uploaded": self.uploaded,
            "experiment": self.experiment,
            "state": self.end.state if self.end else "started",
            "outcome": self.verdict.outcome if self.verdict else "",
            "reason": self.verdict.reason if self.verdict else "",
            "steps": [{"name": item.name, "state": item.state, "seconds": item.seconds} for item in steps],
            "exit_code": self.exit_code,
        }

    def introduce(self, console: Console, *, new_experiment: bool, forward: str) -> None:
        """Prints what was started, and where to look at it."""
        rows = {
            "pipeline": f"{self.version}, {'uploaded' if self.uploaded else 'there already'}",
            "experiment": f"{self.experiment}{', new' if new_experiment else ''}",
            "run": f"{self.name} ({self.run_id})",
            "dashboard": self.page,
        }
        if forward:
            rows["reach it by"] = forward
        for title, text in rows.items():
            console.print(Text(f"{title:<12}{text}"), soft_wrap=True)

    def follow(self, api: "Api", console: Console, timeout: float | None) -> "Submission":
        """Shows each step as it goes: a board on a terminal, else a line for each change of a state.

        Args:
            api: KFP.
            console: Where to show it.
            timeout: Seconds after which it is followed no more; None for as long as it takes.

        Returns:
            The submission with its end.
        """
        from slipway.orchestration.remote.follow import follow
        from slipway.orchestration.remote.verdict import verdict

        board = Board(self.package.steps, console)

        def tell(step: "Step") -> None:
            if console.is_terminal:
                for event in _events(step):
                    board.follow(event)
            else:
                console.print(Text(_line(step)), soft_wrap=True)

        with board.shown():
            end = follow(api, self.run_id, self.package.steps, tell, timeout)
        return replace(self, end=end, verdict=verdict(api, self.package, end, self.run_id, self.pipeline_root))

    def show(self, console: Console, logs: str) -> None:
        """Prints how it ended, for a person.

        Args:
            console: Where to.
            logs: A command that prints the logs of its pods.
        """
        if self.end is None:
            return
        state = self.end.state
        told = state if self.end.ended else f"still {state}; it is followed no more"
        outcome = f", {self.verdict.outcome}" if self.verdict and self.verdict.outcome else ""
        console.print(Text(f"{self.name}: {told}{outcome}", f"bold {_STYLES.get(state, '')}"), soft_wrap=True)
        if self.verdict and self.verdict.reason:
            console.print(Text(self.verdict.reason), soft_wrap=True)
        elif self.verdict and self.verdict.outcome == "not promoted":
            said = "the report of step evaluate in the dashboard says whether the champion was kept or a gate refused"
            console.print(Text(said), soft_wrap=True)
        if state == "failed":
            failed = [item.name for item in self.end.steps.values() if item.state == "failed"]
            steps = f"failed: {', '.join(failed)}. " if failed else ""
            console.print(Text(f"{steps}{self.end.said}"), soft_wrap=True)
            console.print(Text(f"what its pods said: {logs}"), soft_wrap=True)


def _line(step: "Step") -> str:
    seconds = "" if step.seconds is None else f" in {step.seconds:,.0f} s"
    return f"{step.name:<12}{step.state}{seconds}"


def _events(step: "Step") -> list[Event]:
    """What a board is told: a state that it has no mark for is a note."""
    if step.state not in _KINDS:
        return [Event(step.name, "note", step.state, step.ended or step.started)]
    started = Event(step.name, "started", "", step.started)
    if step.state == "running":
        return [started]
    return [started, Event(step.name, "finished" if step.state == "succeeded" else "failed", "", step.ended)]
