"""The KFP door to the step ``featurize``."""

from typing import Any, Dict

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Input, Metrics, Output


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def featurize(  # noqa: D417 - KFP takes what is said of outputs from Returns
    table: Input[Dataset],
    contract: Input[Artifact],
    rows: Output[Dataset],
    features: Output[Dataset],
    plan: Output[Artifact],
    metrics: Output[Metrics],
    validation: float = 0.2,
    test: float = 0.2,
    seed: int = 0,
    feature_options: Dict[str, Any] = {},
):
    """Splits a table three ways, fits the feature plan on the training rows only, and applies it to all rows.

    Rows are split by their content: equal rows fall into the same split unless most rows have a copy, and rows that are
    added move almost none of the others. With an event time, they are split by time instead.

    Args:
        table: A table that ``validate`` wrote.
        contract: Its contract.
        validation: Share of rows that candidates are compared on.
        test: Share of rows that the winner and the champion are judged on.
        seed: Changes which rows fall where.
        feature_options: What columns become, where that is not what is chosen from the data: columns, derived, windows,
            age, folds, smoothing, select, keep, version.

    Returns:
        rows: The raw rows, in the folders train, validation and test, with the columns made from earlier rows.
        features: The features of the same rows, in the same folders, float32, with the target.
        plan: The feature plan (JSON).
        metrics: Rows of each split, number of features.
    """
    from slipway.steps.featurize import featurize

    counts = featurize(
        {"split": {"validation": validation, "test": test, "seed": seed}, "features": feature_options},
        table=table.path,
        contract=contract.path,
        rows=rows.path,
        features=features.path,
        plan=plan.path,
    )
    for name, value in counts.items():
        metrics.log_metric(name, value)
