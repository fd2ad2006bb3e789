"""Trained candidates on disk: a folder for each, the ranking, and the history of the search."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slipway.data import storage
from slipway.data.schema import Target
from slipway.training import candidate as candidates
from slipway.training.adjust import Adjustment, adjusted
from slipway.training.candidate import Model
from slipway.training.rescale import RescaledModel, Scale
from slipway.training.trained import Found, Trained

RANKING, HISTORY, DECIDED = "ranking.json", "trials.json", "decided.json"

_RANKED = ("name", "score", "seconds", "params", "calibration", "threshold", "luck")


def save(
    trained: Sequence[Trained], folder: Path, found: Found | None = None, decided: Mapping[str, Any] | None = None
) -> None:
    """Writes candidates; the folder appears when it is complete.

    Args:
        trained: The candidates, best first.
        folder: Where they are to be; what is there is replaced.
        found: The search that they come from, for its history.
        decided: Fields of the spec that decided what they are.
    """
    with storage.replacing(folder) as aside:
        for item in trained:
            item.model.save(aside / item.name)
        ranking = [{name: getattr(item, name) for name in _RANKED} for item in trained]
        (aside / RANKING).write_text(json.dumps(ranking, indent=2), encoding="utf-8")
        (aside / DECIDED).write_text(json.dumps(dict(decided or {}), indent=2), encoding="utf-8")
        if found is not None:
            (aside / HISTORY).write_text(json.dumps(history(found), indent=2), encoding="utf-8")


def history(found: Found) -> dict[str, Any]:
    """The history of a search as JSON values: trials, candidates that were skipped and why, folds."""
    trials = [{**asdict(trial), "steps": _finite(trial.steps)} for trial in found.history]
    return {"trials": trials, "skipped": dict(found.skipped), "folds": found.folds}


def load(folder: Path, target: Target) -> tuple[Trained, ...]:
    """Reads what ``save`` wrote.

    Args:
        folder: The candidates.
        target: The target they were trained for.
    """
    ranking = json.loads((folder / RANKING).read_text(encoding="utf-8"))
    return tuple(Trained(model=load_model(item["name"], folder / item["name"], target), **item) for item in ranking)


def decided(folder: Path) -> dict[str, Any]:
    """The fields of the spec that decided what the candidates in a folder are."""
    fields: dict[str, Any] = json.loads((folder / DECIDED).read_text(encoding="utf-8"))
    return fields


def load_model(name: str, folder: Path, target: Target) -> Model:
    """Reads one model.

    Args:
        name: The candidate's name.
        folder: The model's folder.
        target: The target it was trained for.
    """
    model = candidates.get(name).load(folder, target)
    if target.task == "regression":
        return RescaledModel(model, Scale.load(folder))
    return adjusted(model, Adjustment.load(folder))


def _finite(steps: dict[int, float]) -> dict[str, float | None]:
    return {str(step): loss if math.isfinite(loss) else None for step, loss in steps.items()}
