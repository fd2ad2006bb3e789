"""Trained candidates on disk: a folder for each, and the ranking."""

import json
from collections.abc import Sequence
from pathlib import Path

from slipway.data import storage
from slipway.data.schema import Target
from slipway.training import candidate as candidates
from slipway.training.candidate import Model
from slipway.training.rescale import RescaledModel, Scale
from slipway.training.search import Trained

RANKING = "ranking.json"


def save(trained: Sequence[Trained], folder: Path) -> None:
    """Writes candidates; the folder appears when it is complete.

    Args:
        trained: The candidates, best first.
        folder: Where they are to be; what is there is replaced.
    """
    with storage.replacing(folder) as aside:
        for item in trained:
            item.model.save(aside / item.name)
        ranking = [{"name": item.name, "score": item.score, "seconds": item.seconds} for item in trained]
        (aside / RANKING).write_text(json.dumps(ranking, indent=2), encoding="utf-8")


def load(folder: Path, target: Target) -> tuple[Trained, ...]:
    """Reads what ``save`` wrote.

    Args:
        folder: The candidates.
        target: The target they were trained for.
    """
    ranking = json.loads((folder / RANKING).read_text(encoding="utf-8"))
    return tuple(
        Trained(item["name"], load_model(item["name"], folder / item["name"], target), item["score"], item["seconds"])
        for item in ranking
    )


def load_model(name: str, folder: Path, target: Target) -> Model:
    """Reads one model.

    Args:
        name: The candidate's name.
        folder: The model's folder.
        target: The target it was trained for.
    """
    model = candidates.get(name).load(folder, target)
    return RescaledModel(model, Scale.load(folder)) if target.task == "regression" else model
