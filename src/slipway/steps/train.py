"""The step ``train``."""

from pathlib import Path
from typing import Any

from slipway.data.split import NAMES, TRAIN, VALIDATION
from slipway.evaluation import metrics
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.training import matrix, search, store


@step
def train(fields: dict[str, Any], *, features: str, contract: str, models: str, seed: int = 0) -> dict[str, float]:
    """Trains every candidate on the training rows and scores it on the validation rows.

    Args:
        fields: Fields of the spec: candidates, metric, threshold.
        features: Folder of the features of each split; the test rows are not read.
        contract: The table's contract.
        models: Folder to write the candidates to.
        seed: Seed of every random number.

    Returns:
        Score of each candidate on the validation rows.

    Raises:
        UnknownNameError: There is no candidate of a name.
        DataError: The metric is not defined for the task.
    """
    agreed = TableContract.read(Path(contract))
    spec = agreed.spec(fields)
    target = agreed.schema.target
    metric = metrics.resolve(spec.metric, target.task)
    rows, validation = (matrix.read(Path(features) / NAMES[code], target) for code in (TRAIN, VALIDATION))
    ranked = search.train(
        rows,
        validation,
        target,
        spec.candidates,
        search.Metric(
            metric.title,
            lambda y, outputs: metrics.score(metric.name, y, outputs, spec.threshold),
            metric.higher_is_better,
        ),
        seed,
    )
    store.save(ranked, Path(models))
    return {f"{metric.name}_{item.name}": item.score for item in ranked}
