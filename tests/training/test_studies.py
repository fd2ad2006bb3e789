"""The search's memory: the same twice, on any number of cores, and after a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.errors import StorageError
from slipway.spec import Search
from slipway.training import cores, search
from slipway.training.trained import Found, Tried

CaseOf = Callable[..., Any]

SLOW = r"""
import sys, time
import numpy as np
from slipway.data.schema import Target
from slipway.spec import Search
from slipway.training import candidate, search
from slipway.training.matrix import Matrix
from slipway.training.space import Real
from slipway.training.trial import Metric

class Model:
    def __init__(self, share):
        self.share = share
    def predict(self, x):
        return np.tile([1 - self.share, self.share], (len(x), 1))

class Slow:
    name = "slow"
    space = {"share": Real(0.05, 0.95, 0.5)}
    def fit(self, rows, validation, target, setting):
        if validation is not None:
            sys.stdout.write(f"{setting.params['share']}\n")
            sys.stdout.flush()
            time.sleep(float(sys.argv[2]))
        return Model(setting.params["share"])

candidate.get = lambda name: Slow()
y = np.arange(40) % 4 // 3
rows = Matrix(np.zeros((40, 1), np.float32), y, ("a",))
metric = Metric("loss", lambda y, outputs, weight: float(np.mean((outputs[:, 1] - y) ** 2)), False)
settings = Search(folds=0, trials=14, repeats=0, storage=sys.argv[1], imbalance="none", calibration="none")
found = search.train(rows, rows, Target("y", "binary", "category", ("no", "yes")), ["slow"], metric, 3, settings)
print("found", [(trial.number, trial.params["share"], trial.score) for trial in found.history], found.ranked[0].params)
"""


def facts(history: tuple[Tried, ...]) -> list[tuple[Any, ...]]:
    return [(item.number, item.candidate, item.params, item.state, item.score, item.steps) for item in history]


def started(folder: Path, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SLOW, str(folder), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def tried(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    """Settings that a search tried, and what it found."""
    said = process.communicate(timeout=120)[0].splitlines()
    return [line for line in said if not line.startswith("found")], next(line for line in said if line[:5] == "found")


def test_a_search_that_was_killed_goes_on_and_finds_the_same(tmp_path: Path) -> None:
    whole, expected = tried(started(tmp_path / "whole", 0.0))
    killed = started(tmp_path / "storage", 0.6)
    assert killed.stdout is not None
    before = [killed.stdout.readline().strip() for _ in range(7)]
    time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert len(list((tmp_path / "storage").iterdir())) == 1

    again, found = tried(started(tmp_path / "storage", 0.0))

    assert found == expected
    assert len(whole) == 14
    assert 7 <= len(again) <= 11  # at most the batch that was under way, and the best, are tried again
    assert set(before) | set(again) == set(whole)
    assert list((tmp_path / "storage").iterdir()) == []


def found(case_of: CaseOf, **fields: Any) -> Found:
    result: Found = case_of("binary").search("logistic", "xgboost", **{"trials": 10, **fields})
    return result


@pytest.mark.parametrize("sampler", ["tpe", "random", "grid"])
def test_the_same_seed_makes_the_same_search(case_of: CaseOf, sampler: str) -> None:
    first, again = (found(case_of, sampler=sampler) for _ in range(2))

    assert len(first.history) == 10
    assert facts(first.history) == facts(again.history)
    case = case_of("binary")
    for one, other in zip(first.ranked, again.ranked, strict=True):
        np.testing.assert_array_equal(one.model.predict(case.train.x), other.model.predict(case.train.x))
    if sampler != "grid":
        assert facts(found(case_of, sampler=sampler, seed=1).history)[2:] != facts(first.history)[2:]


@pytest.mark.parametrize("pruner", ["median", "halving", "hyperband"])
def test_the_search_is_the_same_on_any_number_of_cores(
    case_of: CaseOf, pruner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    histories = []
    for workers in (1, 4):
        share = cores.Share(workers, 1)
        monkeypatch.setattr(cores, "share", lambda *_, share=share: share)
        histories.append(facts(found(case_of, pruner=pruner, trials=16).history))

    assert histories[0] == histories[1]


@pytest.mark.parametrize("pruner", ["median", "halving", "hyperband", "none"])
def test_poor_trials_are_given_up_early(case_of: CaseOf, pruner: str) -> None:
    history = case_of("regression").search("xgboost", trials=28, pruner=pruner).history

    states = [item.state for item in history]
    assert states[0] == "scored"
    assert ("given up" in states) == (pruner != "none")
    for item in history:
        if item.state == "given up":
            assert item.score is None
            assert max(item.steps) < 25  # of 500 rounds, 20 a step


def test_defaults_come_first_whatever_the_budget_is(case_of: CaseOf) -> None:
    history = case_of("binary").search("logistic", "forest", "xgboost", trials=1, seconds=0).history

    assert [item.candidate for item in history] == ["logistic", "forest", "xgboost"]
    assert history[2].params["learning_rate"] == 0.08


def test_the_seconds_end_the_search(case_of: CaseOf) -> None:
    history = case_of("binary").search("xgboost", trials=100_000, seconds=1.0).history

    assert 1 <= len(history) < 2_000


def test_a_grid_has_every_combination_once(case_of: CaseOf) -> None:
    history = case_of("binary").search("forest", sampler="grid", trials=100).history

    settings = [tuple(item.params.items()) for item in history]
    assert len(settings) == len(set(settings)) == 1 + 3 * 5  # 1, 5 and 30 rows in a leaf; 3 rows is the default


@pytest.mark.parametrize("available", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("cells", [100, cores.LARGE])
def test_workers_times_threads_are_never_more_than_the_cores(available: int, cells: int) -> None:
    share = cores.share(available, 4, cells)

    assert 1 <= share.workers * share.threads <= available
    assert share.workers == (1 if cells == cores.LARGE else min(available, 4))


def test_a_folder_that_can_t_be_written_is_told(case_of: CaseOf, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match=r"search\.storage '.*file/inside' can't be written"):
        case_of("binary").search("logistic", storage=str(tmp_path / "file" / "inside"))


def test_another_table_is_another_search(case_of: CaseOf, tmp_path: Path) -> None:
    case = case_of("binary")
    keys = set()
    for identity in ("one table", "another"):
        settings = Search(folds=0, trials=1, storage=str(tmp_path))
        work = search.Work(search.scoring.holdout(case.train, case.validation), case.target, metric(), 0)
        keys.add(search.settings.study({}, work, settings, identity).key)
    assert len(keys) == 2


def metric() -> search.Metric:
    return search.Metric("none", lambda y, outputs, weight: 0.0, higher_is_better=True)
