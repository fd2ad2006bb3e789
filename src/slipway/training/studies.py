"""The search's memory: an Optuna study that proposes settings, is told scores, and goes on where it was killed."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState

from slipway.training import journal
from slipway.training.space import Space
from slipway.training.trained import State, Tried
from slipway.training.trial import Scored

BATCH = 4
"""Trials that are proposed together, whatever the number of cores: the same search on every machine."""

CANDIDATE, PARAMS, FOUND, SECONDS, STEPS, RUNGS = "candidate", "params", "found", "seconds", "steps", "rungs"
_FINISHED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)

_STATES: dict[TrialState, State] = {
    TrialState.COMPLETE: "scored",
    TrialState.PRUNED: "given up",
    TrialState.FAIL: "no score",
}


@dataclass(slots=True)
class Study:
    """A study over the settings of several candidates.

    Attributes:
        inner: Optuna's study.
        spaces: Candidate to what may be chosen.
        sampler: ``tpe``, ``random`` or ``grid``.
        seed: Seed of the proposals.
        key: What tells this search from others that are remembered in the same folder.
        required: Trials that are run whatever the budget is: the first ones.
    """

    inner: optuna.Study
    spaces: Mapping[str, Space]
    sampler: str
    seed: int
    key: str
    required: int = 0

    @property
    def trials(self) -> list[FrozenTrial]:
        """Every trial that was proposed."""
        return self.inner.get_trials(deepcopy=False, states=(*_FINISHED, TrialState.RUNNING))

    @property
    def finished(self) -> list[FrozenTrial]:
        """Every trial that ended."""
        return self.inner.get_trials(deepcopy=False, states=_FINISHED)

    @property
    def seconds(self) -> float:
        """Seconds that were spent on finished batches, also before the search was killed."""
        return float(self.inner.user_attrs.get(SECONDS, 0.0))

    def plan(self, settings: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Puts settings in front of all proposals, unless they were put there before the search was killed."""
        known = len(self.inner.get_trials(deepcopy=False))
        for name, params in settings[known:]:
            given = {f"{name}.{key}": value for key, value in params.items()}
            attributes = {CANDIDATE: name, PARAMS: params}
            self.inner.enqueue_trial({CANDIDATE: name, **given}, user_attrs=attributes)

    def batch(self, most: int) -> list[Trial]:
        """The trials of the next batch: those that were running when the search was killed, and new ones.

        Args:
            most: Number of trials that the whole search may have.
        """
        ended = {trial.number for trial in self.finished}
        begun = {trial.number: trial for trial in self.trials}
        first = next((number for number in sorted(begun) if number not in ended), len(begun)) // BATCH * BATCH
        end = min(first + BATCH, most, most if self._proposes else len(self.inner.get_trials(deepcopy=False)))
        return [
            Trial(self.inner, begun[number]._trial_id) if number in begun else self._ask(number)
            for number in range(first, end)
            if number not in ended
        ]

    @property
    def _proposes(self) -> bool:
        return self.sampler != "grid" and any(self.spaces.values())

    def _ask(self, number: int) -> Trial:
        self.inner.sampler = _sampler(self.sampler, self.seed + number, len(self.spaces))
        trial = self.inner.ask()
        name = trial.user_attrs.get(CANDIDATE)
        if name is not None and not self.spaces[name]:
            return trial
        searched = [name for name, space in self.spaces.items() if space]
        name = str(trial.suggest_categorical(CANDIDATE, searched))
        trial.set_user_attr(
            PARAMS, {key: item.suggest(trial, f"{name}.{key}") for key, item in self.spaces[name].items()}
        )
        trial.set_user_attr(CANDIDATE, name)
        return trial

    def tell(self, trial: Trial, scored: Scored | None, steps: Mapping[int, float], rungs: Mapping[str, Any]) -> None:
        """Ends a trial.

        Args:
            trial: The trial.
            scored: What came of it; None when it was given up.
            steps: Losses on the way.
            rungs: What the pruner remembers of it.
        """
        found, seconds = (scored.found, scored.seconds) if scored else ({}, 0.0)
        for name, value in ((FOUND, found), (SECONDS, seconds), (STEPS, dict(steps)), (RUNGS, dict(rungs))):
            trial.set_user_attr(name, value)
        sign = -1.0 if self._maximises else 1.0
        for step, loss in steps.items():
            trial.report(sign * loss, step)
        if scored is None:
            self.inner.tell(trial, state=TrialState.PRUNED)
        elif math.isnan(scored.score):
            self.inner.tell(trial, state=TrialState.FAIL)
        else:
            self.inner.tell(trial, scored.score)

    @property
    def _maximises(self) -> bool:
        return self.inner.direction == StudyDirection.MAXIMIZE

    def spend(self, seconds: float) -> None:
        """Adds to the seconds that were spent."""
        self.inner.set_user_attr(SECONDS, self.seconds + seconds)

    def best(self, name: str) -> FrozenTrial | None:
        """The best trial of a candidate; the first of several; its first one when none has a score."""
        sign = -1.0 if self._maximises else 1.0
        own = [trial for trial in self.finished if trial.user_attrs[CANDIDATE] == name]
        scored = [trial for trial in own if trial.state == TrialState.COMPLETE and trial.value is not None]
        ranked = sorted(scored, key=lambda trial: (sign * (trial.value or 0.0), trial.number))
        return next(iter(ranked or own), None)

    def history(self) -> tuple[Tried, ...]:
        """Every trial that ended, in order."""
        return tuple(
            Tried(
                trial.number,
                trial.user_attrs[CANDIDATE],
                trial.user_attrs[PARAMS],
                _STATES[trial.state],
                trial.value if trial.state == TrialState.COMPLETE else None,
                trial.user_attrs[SECONDS],
                steps_of(trial),
            )
            for trial in sorted(self.finished, key=lambda trial: trial.number)
        )


def opened(
    spaces: Mapping[str, Space], *, sampler: str, seed: int, higher_is_better: bool, storage: str, key: str
) -> Study:
    """A study, new or as it was left.

    Args:
        spaces: Candidate to what may be chosen.
        sampler: ``tpe``, ``random`` or ``grid``.
        seed: Seed of the proposals.
        higher_is_better: Which scores are better.
        storage: Folder to remember it in; empty for none.
        key: What tells this search from others in the folder.

    Raises:
        StorageError: The folder can't be written.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    inner = optuna.create_study(
        study_name="search",
        storage=journal.opened(storage, key),
        direction="maximize" if higher_is_better else "minimize",
        load_if_exists=True,
    )
    return Study(inner, spaces, sampler, seed, key)


def steps_of(trial: FrozenTrial) -> dict[int, float]:
    """Step to the loss on the held-out rows after it."""
    return {int(step): loss for step, loss in trial.user_attrs[STEPS].items()}


def key_of(*parts: Any) -> str:
    """A name that changes when any of the parts does; 16 hex digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=repr).encode()).hexdigest()[:16]


def _sampler(name: str, seed: int, candidates: int) -> BaseSampler:
    if name == "tpe":
        return TPESampler(seed=seed, n_startup_trials=2 * candidates, constant_liar=True)
    return RandomSampler(seed=seed)
