"""The threads that run the trials; libraries use no more threads than their share of the cores."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from optuna.trial import FrozenTrial, Trial
from threadpoolctl import threadpool_limits

from slipway.training import pruning, studies
from slipway.training.candidate import Candidate, unwatched
from slipway.training.cores import Share
from slipway.training.studies import Study
from slipway.training.trial import Scored, Watch, Work

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(slots=True)
class Crew:
    """Worker threads, and what the best trials answered.

    Attributes:
        chosen: Name to candidate.
        work: What the trials share.
        study: What proposes them, and is told.
        share: How the cores are shared.
    """

    chosen: Mapping[str, Candidate]
    work: Work
    study: Study
    share: Share
    _scored: dict[int, Scored] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(init=False)
    _limits: threadpool_limits = field(init=False)

    def __enter__(self) -> "Crew":
        threads = self.share.threads
        self._limits = threadpool_limits(threads)
        self._pool = ThreadPoolExecutor(self.share.workers, initializer=threadpool_limits, initargs=(threads,))
        return self

    def __exit__(self, *raised: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._limits.restore_original_limits()

    def map(self, function: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
        """What a function makes of items, in their order."""
        return list(self._pool.map(function, items))

    def run(self, batch: Sequence[Trial], pruner: str, deadline: float) -> None:
        """Runs a batch, and tells the study in order.

        Args:
            batch: The trials.
            pruner: What gives trials up; those that the study requires never are.
            deadline: When the budget is spent, as ``time.monotonic`` tells it.
        """
        earlier = self.study.finished
        watched = [(trial, self._watcher(trial, earlier, pruner, deadline)) for trial in batch]
        for (trial, watcher), scored in zip(watched, self.map(self._one, watched), strict=True):
            self.study.tell(trial, scored, watcher.steps, watcher.rungs)
            if scored is not None:
                self._scored[trial.number] = scored
        best = {top.number for name in self.chosen if (top := self.study.best(name)) is not None}
        self._scored = {number: scored for number, scored in self._scored.items() if number in best}

    def scored(self, trial: FrozenTrial) -> Scored:
        """What came of one of the best trials; it is run again when that was before the search was killed."""
        return self._scored.get(trial.number) or self._score(trial, unwatched)

    def _watcher(self, trial: Trial, earlier: Sequence[FrozenTrial], pruner: str, deadline: float) -> pruning.Watcher:
        own = [item for item in earlier if item.user_attrs[studies.CANDIDATE] == trial.user_attrs[studies.CANDIDATE]]
        if trial.number < self.study.required:
            return pruning.Watcher(pruning.pruner("none"), own, math.inf)
        return pruning.Watcher(pruning.pruner(pruner), own, deadline)

    def _one(self, watched: tuple[Trial, pruning.Watcher]) -> Scored | None:
        try:
            return self._score(*watched)
        except pruning.GivenUpError:
            return None

    def _score(self, trial: Trial | FrozenTrial, watch: Watch) -> Scored:
        name, params = trial.user_attrs[studies.CANDIDATE], trial.user_attrs[studies.PARAMS]
        return self.work.score(self.chosen[name], params, self.share.threads, watch)
