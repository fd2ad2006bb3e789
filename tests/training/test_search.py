from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.bundle.engine import Engine
from slipway.errors import DataError, UnknownNameError
from slipway.training import candidate as candidates
from slipway.training import store
from slipway.training.candidate import Setting
from slipway.training.matrix import joined
from slipway.training.trial import Metric

CaseOf = Callable[..., Any]


def loss(y: Any, outputs: Any, weight: Any) -> float:
    return float(np.mean((outputs - np.eye(outputs.shape[1])[y]) ** 2))


LOSS = Metric("loss", loss, higher_is_better=False)


def test_an_unknown_candidate_is_told_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="candidate 'forrest' is not in the candidates; did you mean 'forest'"):
        candidates.get("forrest")


def test_nothing_is_trained_before_every_name_is_known(case_of: CaseOf) -> None:
    calls: list[int] = []

    def score(y: Any, outputs: Any, weight: Any) -> float:
        calls.append(len(y))
        return 0.0

    with pytest.raises(DataError, match="'xgboots'"):
        case_of("regression").fit("logistic", "xgboots", metric=Metric("calls", score, higher_is_better=True))

    assert calls == []


def test_somebody_else_s_candidate_is_found_and_kept_under_the_name_it_was_asked_by(
    package: Path, case_of: CaseOf, tmp_path: Path
) -> None:
    case = case_of("multiclass")

    (trained,) = case.fit("shares")
    store.save([trained], tmp_path / "models")
    (loaded,) = store.load(tmp_path / "models", case.target)

    assert trained.name == loaded.name == "shares"
    np.testing.assert_array_equal(loaded.model.predict(case.train.x[:2]), trained.model.predict(case.train.x[:2]))


def test_somebody_else_s_candidate_does_not_take_the_place_of_ours(package: Path) -> None:
    assert type(candidates.get("forest")).__module__ == "slipway.training.forest"


def test_somebody_else_s_candidate_is_among_the_suggestions(package: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'shares'"):
        candidates.get("share")


def test_a_candidate_that_can_t_be_imported_is_told(package: Path) -> None:
    (package / "their_candidates.py").write_text("import not_installed_anywhere\n", encoding="utf-8")

    with pytest.raises(
        DataError, match=r"candidate 'shares' of 'their-candidates' can't be loaded.*not_installed_anywhere"
    ):
        candidates.get("shares")


@pytest.mark.parametrize(
    ("higher_is_better", "given", "ranking"),
    [
        (True, [0.1, 0.9], ["shares", "logistic"]),
        (False, [0.1, 0.9], ["logistic", "shares"]),
        (True, [0.5, 0.5], ["logistic", "shares"]),
        (True, [float("nan"), -5.0], ["shares", "logistic"]),
        (False, [float("nan"), 5.0], ["shares", "logistic"]),
    ],
)
def test_the_best_comes_first(
    higher_is_better: bool, given: list[float], ranking: list[str], package: Path, case_of: CaseOf
) -> None:
    def score(y: Any, outputs: Any, weight: Any) -> float:
        return given[int(np.ptp(outputs[:, 0]) == 0)]

    trained = case_of("binary").fit("logistic", "shares", metric=Metric("score", score, higher_is_better))

    assert [item.name for item in trained] == ranking


def test_a_candidate_named_twice_is_trained_once(case_of: CaseOf) -> None:
    assert len(case_of("regression").fit("logistic", "logistic")) == 1


def test_the_score_is_that_of_a_model_that_did_not_see_the_validation_rows(case_of: CaseOf) -> None:
    case = case_of("binary")
    (trained,) = case.fit("logistic", metric=LOSS, calibration="none")
    alone = candidates.get("logistic").fit(case.train, case.validation, case.target, Setting({}, 0))

    np.testing.assert_array_equal(trained.held_out.y, case.validation.y)
    np.testing.assert_array_equal(trained.held_out.outputs, alone.predict(case.validation.x))
    assert trained.score == LOSS.score(case.validation.y, alone.predict(case.validation.x), None)


def test_the_model_is_trained_on_the_validation_rows_in_the_end(case_of: CaseOf) -> None:
    case = case_of("binary")
    (trained,) = case.fit("logistic", calibration="none")
    whole = candidates.get("logistic").fit(
        joined(case.train, case.validation), None, case.target, Setting(trained.params, 0)
    )

    np.testing.assert_array_equal(trained.model.predict(case.train.x), whole.predict(case.train.x))


GUIDE = Path(__file__).parents[2] / "CONTRIBUTING.md"


def _moderate(case: Any) -> Any:
    """The rows without the largest numbers there are, between which extremely randomised trees can't draw."""
    parts = [replace(part, x=np.clip(part.x, -1e30, 1e30)) for part in (case.train, case.validation)]
    return type(case)(case.target, *parts)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_candidate_of_ten_lines_in_another_package(package: Path, case_of: CaseOf, tmp_path: Path, task: str) -> None:
    """The candidate of the guide is searched, kept and exported like ours."""
    section = GUIDE.read_text(encoding="utf-8").partition("## Adding a candidate")[2]
    code = section.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    (package / "their_candidates.py").write_text(code, encoding="utf-8")
    names = package / "their_candidates-1.0.dist-info" / "entry_points.txt"
    names.write_text("[slipway.candidates]\nextra-trees = their_candidates:ExtraTrees\n", encoding="utf-8")
    case = _moderate(case_of(task))

    found = case.search("extra-trees", "logistic", trials=6)
    store.save(found.ranked, tmp_path / "models", found)
    (best,) = [item for item in store.load(tmp_path / "models", case.target) if item.name == "extra-trees"]

    searched = [item.params for item in found.history if item.candidate == "extra-trees"]
    assert searched[0] == {"min_samples_leaf": 2, "max_features": 0.5}
    assert len(searched) == 5
    answers = Engine(best.model.to_onnx().SerializeToString()).predict({"features": case.validation.x})
    scale = np.std(case.train.y) if task == "regression" else 1.0
    assert np.abs(answers - best.model.predict(case.validation.x)).max() / scale < 1e-5
