"""The KFP door to the step ``validate``."""

from typing import Any, Dict, List

from kfp import dsl
from kfp.dsl import HTML, Artifact, Dataset, Metrics, Output


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def validate(  # noqa: D417 - KFP takes what is said of outputs from Returns
    data: str,
    target: str,
    table: Output[Dataset],
    contract: Output[Artifact],
    findings: Output[HTML],
    metrics: Output[Metrics],
    task: str = "auto",
    positive: str = "",
    event_time: str = "",
    entity: str = "",
    weight: str = "",
    identifiers: List[str] = [],
    sensitive: List[str] = [],
    sensitive_features: List[str] = [],
    consent: str = "",
    types: Dict[str, str] = {},
    origin: Dict[str, Any] = {},
    quality: Dict[str, Any] = {},
    evolution: Dict[str, str] = {},
    name: str = "model",
    registry: str = "",
    fingerprint: str = "",
):
    """Reads a table, settles its column types, checks it and writes it as Parquet.

    Rows without a target or without consent are dropped and counted. Columns that can't be features are left out,
    each with its reason.

    Args:
        data: The table: a file, a glob or a folder of CSV or Parquet, local or at any fsspec URI.
        target: The column to predict.
        task: auto, binary, multiclass or regression.
        positive: The class of a binary target whose probability is answered; empty for the last in sorting order.
        event_time: The column that says when a row happened; empty for none.
        entity: The column that says whom a row is about, when there are several rows of each; all rows of one fall into
            the same split unless they are split by time. Empty for none.
        weight: The column that says how much a row counts, zero or more. Empty for none.
        identifiers: Columns that name a row; never features.
        sensitive: Columns kept for fairness only; never features.
        sensitive_features: Sensitive columns that are features all the same.
        consent: A column of yes and no; rows with no never reach training. Empty for none.
        types: Kinds of columns (number, integer, boolean, category, date) where the one found is not the one wanted.
        origin: What a database or a Delta Lake table needs besides data: query, password_env, version.
        quality: Limits on the data: min_rows, max_null_share, max_dropped_share, max_duplicate_share,
            max_outlier_share, min_class_share, max_age, as_of, columns.
        evolution: What happens to columns that are not what they were for the champion, allow or stop: added, missing,
            renamed, retyped, levels.
        name: Name of the model, whose champion the columns are held against.
        registry: Where the champion is kept; empty for none.
        fingerprint: Hash of the data's content as the caller knows it; when it is given and the data has changed since,
            the step fails. Empty for no check.

    Returns:
        table: The checked table, a folder of Parquet parts.
        contract: What the table is: schema, row counts, notes, fingerprint (JSON).
        findings: Each check with its limit, what was measured and the rows outside of it; what was left out and why.
        metrics: Row and column counts, rows without consent among them.
    """
    from slipway.steps.validate import validate

    counts = validate(
        {
            "data": data,
            "target": target,
            "task": task,
            "positive": positive,
            "event_time": event_time,
            "entity": entity,
            "weight": weight,
            "identifiers": identifiers,
            "sensitive": sensitive,
            "sensitive_features": sensitive_features,
            "consent": consent,
            "types": types,
            "origin": origin,
            "quality": quality,
            "evolution": evolution,
            "name": name,
            "registry": registry,
        },
        fingerprint=fingerprint,
        table=table.path,
        contract=contract.path,
        findings=findings.path,
    )
    for name, value in counts.items():
        metrics.log_metric(name, value)
