"""Following a run until it has ended."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kfp_server_api import V2beta1Run

from slipway.orchestration.remote import run as runs
from slipway.orchestration.remote.api import Api

POLL_SECONDS = 5.0

State = Literal["waiting", "running", "succeeded", "skipped", "failed", "cancelling", "cancelled", "paused"]

_STATES: dict[str, State] = {
    "PENDING": "waiting",
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "SKIPPED": "skipped",
    "FAILED": "failed",
    "CANCELING": "cancelling",
    "CANCELED": "cancelled",
    "PAUSED": "paused",
}
_ENDED = frozenset({"succeeded", "skipped", "failed", "cancelled"})
_WORST_FIRST: tuple[State, ...] = (
    "failed", "cancelled", "cancelling", "running", "paused", "waiting", "succeeded", "skipped"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run.

    Attributes:
        name: Its name.
        state: How it is.
        started: Seconds since 1970; 0 when it has not.
        ended: Seconds since 1970; 0 when it has not.
        node: The workflow's name of its pod; empty when it has none.
    """

    name: str
    state: State
    started: float
    ended: float
    node: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return self.ended - self.started if self.state in _ENDED and self.ended >= self.started > 0 else None


@dataclass(frozen=True, slots=True)
class Progress:
    """A run at some moment.

    Attributes:
        state: How the run is.
        steps: Name to step, for those that have begun or were skipped.
        said: What KFP says of an error; empty for nothing.
    """

    state: State
    steps: Mapping[str, Step]
    said: str = ""

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in _ENDED


def progress(run: V2beta1Run, names: Iterable[str]) -> Progress:
    """What KFP tells of a run.

    Args:
        run: The run.
        names: Names of the steps; KFP lists drivers and groups beside them.
    """
    known = set(names)
    steps: dict[str, Step] = {}
    for task in (run.run_details.task_details if run.run_details else None) or ():
        state = _STATES.get(task.state or "")
        if task.display_name in known and state is not None:
            node = next((child.pod_name for child in task.child_tasks or () if child.pod_name), "")
            step = Step(task.display_name, state, _seconds(task.start_time), _seconds(task.end_time), node)
            steps[step.name] = min(step, steps.get(step.name, step), key=lambda item: _WORST_FIRST.index(item.state))
    said = " ".join((run.error.message or "").split()) if run.error else ""
    return Progress(_STATES.get(run.state or "", "waiting"), steps, said)


def follow(
    api: Api, run_id: str, names: Iterable[str], tell: Callable[[Step], None], timeout: float | None = None
) -> Progress:
    """Looks at a run until it has ended.

    KFP's own client waits for ever for a cancelled run. On the way to its end such a run is ``CANCELING``, and some
    versions of KFP then call it ``FAILED``: that is told as cancelled all the same.

    Args:
        api: KFP.
        run_id: The run.
        names: Names of its steps.
        tell: Called with a step whenever its state is another one than before.
        timeout: Seconds after which it is followed no more; None for as long as it takes.

    Returns:
        The run's end, or how it is when the time is over.
    """
    names = tuple(names)
    deadline = None if timeout is None else time.monotonic() + timeout
    told: dict[str, State] = {}
    cancelling = False
    while True:
        now = progress(runs.get(api, run_id), names)
        for name in filter(now.steps.__contains__, names):
            if told.get(name) != now.steps[name].state:
                told[name] = now.steps[name].state
                tell(now.steps[name])
        cancelling |= now.state == "cancelling"
        if now.ended:
            return Progress("cancelled", now.steps, now.said) if cancelling and now.state == "failed" else now
        left = POLL_SECONDS if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return now
        time.sleep(min(POLL_SECONDS, left))


def _seconds(moment: Any) -> float:
    return float(moment.timestamp()) if moment is not None else 0.0
