"""What a search tries: the defaults first, then every setting of a small space, then what the sampler proposes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from slipway.spec.search import Search
from slipway.training import balance, studies
from slipway.training import space as spaces
from slipway.training.candidate import Candidate
from slipway.training.space import Choice, Space
from slipway.training.studies import Study
from slipway.training.trial import BALANCED, Work

FEW = 2
"""Settings that a candidate may have to have all of them tried, rather than some proposed."""

Settings = list[tuple[str, dict[str, Any]]]


def study(chosen: Mapping[str, Candidate], work: Work, search: Search, identity: str) -> Study:
    """A study with the settings that are tried in any case, new or as it was left when it was killed.

    Args:
        chosen: Name to candidate.
        work: What the trials share.
        search: How to search.
        identity: What tells the rows from others, for a study that is remembered.

    Raises:
        StorageError: The study can't be remembered in its folder.
    """
    joint = {name: _space(candidate, work, search) for name, candidate in chosen.items()}
    few = {name: spaces.grid(space) for name, space in joint.items() if _is_small(space)}
    searched: dict[str, Space] = {name: {} if name in few else space for name, space in joint.items()}
    limits = {"trials", "seconds", "repeats", "memory_mb", "storage"}
    opened = studies.opened(
        searched,
        sampler=search.sampler,
        seed=work.seed,
        higher_is_better=work.metric.higher_is_better,
        storage=search.storage,
        key=studies.key_of(identity, joint, search.model_dump(exclude=limits), work.seed),
    )
    planned: Settings = [(name, spaces.defaults(space)) for name, space in joint.items()]
    planned += [(name, params) for name, combinations in few.items() for params in combinations[1:]]
    opened.required = len(planned)
    if search.sampler == "grid":
        planned += _grid(searched, work.seed)
    opened.plan(planned[: max(opened.required, search.trials)])
    return opened


def _space(candidate: Candidate, work: Work, search: Search) -> Space:
    space = dict(candidate.space)
    classes = len(work.target.classes)
    if search.imbalance == "auto" and balance.rare(work.folds.parts[0].rows, classes):
        space[BALANCED] = Choice((False, True))
    if search.imbalance == "weights" and classes:
        space[BALANCED] = Choice((True,))
    return space


def _is_small(space: Space) -> bool:
    return all(isinstance(item, Choice) for item in space.values()) and len(spaces.grid(space)) <= FEW


def _grid(searched: Mapping[str, Space], seed: int) -> Settings:
    """Every combination but the defaults, in an order that does not favour a candidate when the trials are few."""
    every = [
        (name, params)
        for name, space in searched.items()
        for params in spaces.grid(space)
        if params and params != spaces.defaults(space)
    ]
    return [every[place] for place in np.random.default_rng(seed).permutation(len(every))]
