"""Searching the candidates: every default first, then what a study proposes; the best of each is trained anew."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.spec.search import Search
from slipway.training import calibration, cores, journal, luck, settings, studies
from slipway.training import candidate as candidates
from slipway.training import folds as scoring
from slipway.training.adjust import Adjustment, adjusted
from slipway.training.calibration import Calibration
from slipway.training.candidate import Candidate
from slipway.training.crew import Crew
from slipway.training.folds import Folds, Keys
from slipway.training.matrix import Matrix, Rows, joined
from slipway.training.trained import Found, HeldOut, Trained
from slipway.training.trial import BALANCED, Metric, Scored, Work

logger = logging.getLogger(__name__)


def train(
    rows: Rows,
    validation: Rows,
    target: Target,
    names: Sequence[str],
    metric: Metric,
    seed: int,
    search: Search = Search(),  # noqa: B008 - it is frozen
    keys: Keys = Keys(),  # noqa: B008
    identity: str = "",
) -> Found:
    """Searches the candidates, and trains the best setting of each on all rows.

    Args:
        rows: Rows to train on.
        validation: Rows to score on.
        target: The target.
        names: Names of the candidates.
        metric: What ranks them; of two with the same score, the one that is named first is first.
        seed: Seed of every random number.
        search: How to search.
        keys: Entities and times of training and validation rows, in this order.
        identity: What tells these rows from others, for a search that is remembered.

    Raises:
        UnknownNameError: There is no candidate of a name.
        DataError: No candidate can train on so many rows, or the folds can't be made.
    """
    known = {name: candidates.get(name) for name in names}
    chosen, skipped = _that_fit(known, rows, search)
    folds = _folds(rows, validation, target, search, keys, seed)
    work = Work(folds, target, metric, seed)
    study = settings.study(chosen, work, search, identity)
    if study.finished:
        logger.info("the search goes on after %d trials", len(study.finished))
    cells = len(rows.y) * len(rows.names)
    with Crew(chosen, work, study, cores.share(cores.available(), studies.BATCH, cells)) as crew:
        _try(crew, search)
        ranked = _ranked(crew.map(partial(_finish, crew, search=search), chosen), metric)
        deadline = time.monotonic() + search.seconds - study.seconds
        found = luck.measured(crew, ranked[0].name, ranked[0].params, search.repeats, deadline)
    if found is None:
        logger.info("what another seed gains by luck was not measured: search.seconds or search.repeats left no room")
    ranked = (replace(ranked[0], luck=found), *ranked[1:])
    for item in ranked:
        logger.info("%s: %s %.4g on %s held-out rows", item.name, metric.name, item.score, f"{len(folds.y):,}")
    history = study.history()
    journal.forget(search.storage, study.key)
    return Found(ranked, history, skipped, len(folds.parts))


def _ranked(trained: Sequence[Trained], metric: Metric) -> tuple[Trained, ...]:
    sign = -1.0 if metric.higher_is_better else 1.0
    return tuple(sorted(trained, key=lambda item: (math.isnan(item.score), sign * item.score)))


def _that_fit(known: dict[str, Candidate], rows: Rows, search: Search) -> tuple[dict[str, Candidate], dict[str, str]]:
    if isinstance(rows, Matrix):
        return known, {}
    reason = (
        f"the features take more than search.memory_mb ({search.memory_mb:,.0f} MB), "
        "and it can't train on rows that are read part by part"
    )
    skipped = {name: reason for name, candidate in known.items() if not getattr(candidate, "streams", False)}
    for name in skipped:
        logger.warning("%s is left out: %s", name, reason)
    if len(skipped) == len(known):
        message = f"no candidate can be trained: {reason}; add xgboost to 'candidates', or raise search.memory_mb"
        raise DataError(message)
    return {name: candidate for name, candidate in known.items() if name not in skipped}, skipped


def _folds(rows: Rows, validation: Rows, target: Target, search: Search, keys: Keys, seed: int) -> Folds:
    whole = len(rows.y) + len(validation.y)
    automatic = search.folds == "auto"
    wanted = scoring.AUTO if whole < scoring.FEW_ROWS and keys.time is None else 0
    count = wanted if search.folds == "auto" else search.folds
    if not count:
        return scoring.holdout(rows, validation)
    if not isinstance(rows, Matrix):
        message = (
            f"search.folds is {count}, but folds are made in memory, and the features take more than search.memory_mb "
            f"({search.memory_mb:,.0f} MB); set search.folds to 0, or raise search.memory_mb"
        )
        raise DataError(message)
    together = joined(rows, validation)
    assert isinstance(together, Matrix)  # noqa: S101 - both are
    try:
        return scoring.crossed(together, count, keys, stratified=target.task != "regression", seed=seed)
    except DataError as error:
        if not automatic:
            raise
        logger.info("scored on the validation rows alone: %s", error)
        return scoring.holdout(rows, validation)


def _try(crew: Crew, search: Search) -> None:
    """Runs batch after batch until the trials or the seconds are spent."""
    study = crew.study
    most = max(search.trials, study.required)
    while batch := study.batch(most):
        left = search.seconds - study.seconds
        if left <= 0 and batch[0].number >= study.required:
            logger.info("the search ends after %d trials: search.seconds are spent", len(study.finished))
            return
        started = time.monotonic()
        crew.run(batch, search.pruner, started + left)
        study.spend(time.monotonic() - started)


def _finish(crew: Crew, name: str, search: Search) -> Trained:
    """Calibrates the best setting of a candidate, and trains it on all rows."""
    started = time.perf_counter()
    best = crew.study.best(name)
    assert best is not None  # noqa: S101 - the defaults of every candidate are always tried
    scored = crew.scored(best)
    work, params = crew.work, best.user_attrs[studies.PARAMS]
    calibrated = _calibrated(scored, work, params, search)
    model = work.final(crew.chosen[name], params, scored.found, crew.share.threads)
    score = scored.score
    if calibrated.name != "none":
        score = work.metric.score(work.folds.y, calibrated.outputs, work.folds.weight)
    own = [trial for trial in crew.study.finished if trial.user_attrs[studies.CANDIDATE] == name]
    seconds = sum(trial.user_attrs[studies.SECONDS] for trial in own) + time.perf_counter() - started
    return Trained(
        name,
        adjusted(model, calibrated.adjustment),
        score,
        seconds,
        {**params, **scored.found},
        calibrated.name,
        held_out=HeldOut(work.folds.y, calibrated.outputs, work.folds.weight),
    )


def _calibrated(scored: Scored, work: Work, params: Mapping[str, Any], search: Search) -> Calibration:
    if search.calibration == "none" or not work.target.classes or params.get(BALANCED):
        return Calibration("none", Adjustment(), scored.outputs)
    return calibration.choose(work.folds.y, scored.outputs, work.folds.weight, work.seed)
