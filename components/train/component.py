"""The KFP door to the step ``train``."""

from typing import List

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Model, Output

from slipway.orchestration.images import COMPONENTS


@dsl.component(base_image=COMPONENTS, install_kfp_package=False)
def train(
    features: Input[Dataset],
    contract: Input[Artifact],
    models: Output[Model],
    metrics: Output[Metrics],
    candidates: List[str] = ["logistic", "forest", "xgboost"],
    metric: str = "auto",
    threshold: float = 0.5,
    seed: int = 0,
):
    """Trains every candidate on the training rows and scores it on the validation rows; the test rows are not read.

    Args:
        features: Features that ``featurize`` wrote.
        contract: The table's contract.
        candidates: Names of the candidates: logistic, forest, xgboost, or one that you registered.
        metric: What decides: auto, roc_auc, pr_auc, log_loss, brier, accuracy, balanced_accuracy, f1, rmse, mae or r2.
        threshold: Probability from which a binary prediction is the positive class.
        seed: Seed of every random number.

    Returns:
        models: A folder for each candidate: its native model; their ranking and scores.
        metrics: The score of each candidate on the validation rows.
    """
    from slipway.steps.train import train

    scores = train(
        {"candidates": candidates, "metric": metric, "threshold": threshold},
        seed=seed,
        features=features.path,
        contract=contract.path,
        models=models.path,
    )
    for name, value in scores.items():
        metrics.log_metric(name, value)
