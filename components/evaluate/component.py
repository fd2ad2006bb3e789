"""The KFP door to the step ``evaluate``."""

from typing import Any, Dict, NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Artifact, ClassificationMetrics, Dataset, Input, Markdown, Metrics, Model, Output


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def evaluate(  # noqa: D417 - KFP takes what is said of outputs from Returns
    rows: Input[Dataset],
    features: Input[Dataset],
    plan: Input[Artifact],
    models: Input[Model],
    contract: Input[Artifact],
    bundle: Output[Model],
    verdict: Output[Artifact],
    metrics: Output[Metrics],
    classification: Output[ClassificationMetrics],
    card: Output[Markdown],
    report: Output[HTML],
    name: str = "model",
    registry: str = "",
    metric: str = "auto",
    costs: Dict[str, Any] = {},
    gates: Dict[str, float] = {},
    fairness: Dict[str, float] = {},
    purpose: str = "",
    owner: str = "",
    seed: int = 0,
) -> NamedTuple("Outputs", [("promoted", bool), ("champion", int), ("digest", str)]):
    """Judges the best candidate against the champion on the same test rows, and writes it as a bundle.

    The candidate with the best validation score is the challenger. It is promoted when it passes every gate and the
    interval of its gain over the champion (DeLong's for the area under the ROC curve, else from a paired bootstrap) is
    above the minimum gain. A tie keeps the champion.

    Args:
        rows: Raw rows that ``featurize`` wrote.
        features: Their features.
        plan: The feature plan.
        models: The candidates that ``train`` wrote.
        contract: The table's contract.
        name: Name of the model in the registry.
        registry: Folder at any fsspec URI where the champion is kept; empty for no champion.
        metric: What decides: auto, roc_auc, pr_auc, log_loss, brier, accuracy, balanced_accuracy, f1, rmse, mae or r2.
        costs: What a decision costs, by actual and then by predicted class.
        gates: Limits: min_gain, confidence, resamples, min_test_rows, min_score, max_calibration_error,
            max_single_column, max_bundle_mb, max_latency_ms.
        fairness: Limits on the groups of sensitive columns: min_group_rows, max_parity_difference, max_odds_difference,
            min_impact_ratio, max_error_difference, max_mean_difference.
        purpose: What the model is for; on the model card.
        owner: Who answers for the model; on the model card.
        seed: Seed of the bootstrap.

    Returns:
        bundle: The challenger: one ONNX graph, schema, reference profile, golden rows, model card.
        verdict: The decision with every number it rests on (JSON).
        metrics: Scores with their intervals.
        classification: ROC curve and confusion matrix on the test rows.
        card: The model card.
        report: Everything on one page.
        promoted: Whether the challenger is to replace the champion.
        champion: Version of the champion it was compared with; 0 for none.
        digest: Digest of the challenger's bundle.
    """
    from slipway.steps.evaluate import evaluate

    result = evaluate(
        {
            "name": name,
            "purpose": purpose,
            "owner": owner,
            "registry": registry,
            "metric": metric,
            "costs": costs,
            "gates": gates,
            "fairness": fairness,
        },
        seed=seed,
        rows=rows.path,
        features=features.path,
        plan=plan.path,
        models=models.path,
        contract=contract.path,
        bundle=bundle.path,
        verdict=verdict.path,
        card=card.path,
        report=report.path,
    )
    for key, value in result.metrics.items():
        metrics.log_metric(key, value)
    if result.curves and result.curves.roc:
        classification.log_roc_curve(*result.curves.roc)
    if result.curves:
        classification.log_confusion_matrix(*result.curves.confusion)
    return (result.promoted, result.champion, result.digest)
