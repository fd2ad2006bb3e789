"""The KFP door to the step ``train``."""

from typing import Any, Dict, List

from kfp import dsl
from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Model, Output


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def train(  # noqa: D417 - KFP takes what is said of outputs from Returns
    rows: Input[Dataset],
    features: Input[Dataset],
    contract: Input[Artifact],
    models: Output[Model],
    metrics: Output[Metrics],
    report: Output[HTML],
    candidates: List[str] = ["logistic", "forest", "xgboost"],
    metric: str = "auto",
    threshold: str = "auto",
    costs: Dict[str, Any] = {},
    search: Dict[str, Any] = {},
    seed: int = 0,
):
    """Searches the settings of every candidate on the training and validation rows; the test rows are not read.

    Args:
        rows: Raw rows of each split that ``featurize`` wrote, for weights, entities and times.
        features: Features that ``featurize`` wrote.
        contract: The table's contract.
        candidates: Names of the candidates: logistic, forest, histogram, xgboost, lightgbm (an extra), or one that you
            registered.
        metric: What decides: auto, roc_auc, pr_auc, log_loss, brier, accuracy, balanced_accuracy, f1, rmse, mae or r2.
        threshold: Probability from which a binary prediction is the positive class: a number, f1 or balanced_accuracy
            to have it chosen for them, or auto: for the least costs where there are any, else 0.5.
        costs: What a decision costs, by actual and then by predicted class.
        search: How settings are searched: sampler, pruner, trials, seconds, folds, imbalance, calibration, memory_mb,
            storage.
        seed: Seed of every random number.

    Returns:
        models: A folder for each candidate: its native model; their ranking and scores; every trial.
        metrics: The score of each candidate on the held-out rows.
        report: A page about the search: every trial, and what came of it.
    """
    from slipway.steps.train import train

    scores = train(
        {"candidates": candidates, "metric": metric, "threshold": threshold, "costs": costs, "search": search},
        seed=seed,
        rows=rows.path,
        features=features.path,
        contract=contract.path,
        models=models.path,
        report=report.path,
    )
    for name, value in scores.items():
        metrics.log_metric(name, value)
