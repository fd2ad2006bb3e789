"""The KFP door to the step ``validate``."""

from typing import Dict, List

from kfp import dsl
from kfp.dsl import Artifact, Dataset, Markdown, Metrics, Output

from slipway.orchestration.images import COMPONENTS


@dsl.component(base_image=COMPONENTS, install_kfp_package=False)
def validate(
    data: str,
    target: str,
    table: Output[Dataset],
    contract: Output[Artifact],
    findings: Output[Markdown],
    metrics: Output[Metrics],
    task: str = "auto",
    positive: str = "",
    event_time: str = "",
    identifiers: List[str] = [],
    sensitive: List[str] = [],
    consent: str = "",
    types: Dict[str, str] = {},
    quality: Dict[str, float] = {},
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
        identifiers: Columns that name a row; never features.
        sensitive: Columns kept for fairness only; never features.
        consent: A column of yes and no; rows with no never reach training. Empty for none.
        types: Kinds of columns (number, integer, boolean, category, date) where the one found is not the one wanted.
        quality: Limits on the data: min_rows, max_null_share, max_dropped_share.
        fingerprint: Hash of the data's content as the caller knows it; when it is given and the data has changed since,
            the step fails. Empty for no check.

    Returns:
        table: The checked table, a folder of Parquet parts.
        contract: What the table is: schema, row counts, notes, fingerprint (JSON).
        findings: What was checked, and what was left out and why.
        metrics: Row and column counts.
    """
    from slipway.steps.validate import validate

    counts = validate(
        {
            "data": data,
            "target": target,
            "task": task,
            "positive": positive,
            "event_time": event_time,
            "identifiers": identifiers,
            "sensitive": sensitive,
            "consent": consent,
            "types": types,
            "quality": quality,
        },
        fingerprint=fingerprint,
        table=table.path,
        contract=contract.path,
        findings=findings.path,
    )
    for name, value in counts.items():
        metrics.log_metric(name, value)
