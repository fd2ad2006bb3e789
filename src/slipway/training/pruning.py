"""Giving trials up, in a way that does not depend on which of them happen to run at the same time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from slipway.training.studies import RUNGS, STEPS, steps_of

STARTUP = 4
"""Trials of a candidate that the median pruner waits for."""


class GivenUpError(Exception):
    """A trial is not worth going on with, or the budget is spent."""


@dataclass(slots=True)
class Watcher:
    """Holds the losses of one trial against those of earlier trials of the same candidate.

    It asks a pruner of Optuna about a study of its own, which holds only trials that were finished before this one was
    begun: so the same search gives up the same trials on any number of cores.

    Attributes:
        pruner: The pruner.
        earlier: Finished trials of the same candidate, in order.
        deadline: When the budget is spent, as ``time.monotonic`` tells it.
        steps: Losses told so far.
        rungs: What the pruner remembers of this trial.
    """

    pruner: optuna.pruners.BasePruner
    earlier: Sequence[FrozenTrial]
    deadline: float
    steps: dict[int, float] = field(default_factory=dict)
    rungs: dict[str, Any] = field(default_factory=dict)
    _live: optuna.Trial | None = None

    def __call__(self, step: int, loss: float) -> None:
        """Takes the loss after a step.

        Raises:
            GivenUpError: The trial is to end.
        """
        if time.monotonic() > self.deadline:
            message = "the budget is spent"
            raise GivenUpError(message)
        live = self._live = self._live or self._begun()
        self.steps[step] = loss
        live.report(loss, step)
        pruned = live.should_prune()
        remembered = live.study.get_trials(deepcopy=False)[-1].system_attrs
        self.rungs = {name: value for name, value in remembered.items() if name.startswith("completed_rung_")}
        if pruned:
            message = f"worse than earlier trials after step {step}"
            raise GivenUpError(message)

    def _begun(self) -> optuna.Trial:
        study = optuna.create_study(study_name="earlier", pruner=self.pruner, direction=StudyDirection.MINIMIZE)
        study.add_trials([_known(trial) for trial in self.earlier if trial.user_attrs[STEPS]])
        return study.ask()


def pruner(name: str) -> optuna.pruners.BasePruner:
    """A new pruner: ``median``, ``halving``, ``hyperband`` or ``none``."""
    if name == "halving":
        return optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=3)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=25, reduction_factor=3)
    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=1)
    return optuna.pruners.NopPruner()


def _known(trial: FrozenTrial) -> FrozenTrial:
    """A finished trial as the pruners look at it: its losses, and the rungs that it got to."""
    steps = steps_of(trial)
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if trial.state == TrialState.COMPLETE else TrialState.PRUNED,
        value=steps[max(steps)],
        intermediate_values=steps,
        system_attrs=trial.user_attrs[RUNGS],
    )
