"""The KFP door to the step ``drift``."""

from typing import List, NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Output


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def drift(  # noqa: D417 - KFP takes what is said of outputs from Returns
    table: Input[Dataset],
    contract: Input[Artifact],
    report: Output[HTML],
    findings: Output[Artifact],
    metrics: Output[Metrics],
    prometheus: Output[Artifact],
    name: str = "model",
    registry: str = "",
    limits: dict = {},
    gateway: str = "",
) -> NamedTuple("Outputs", [("drifted", bool), ("severity", str), ("columns", List[str])]):
    """Compares a table with the reference profile of the champion's training data.

    Args:
        table: A table that ``validate`` wrote.
        contract: Its contract.
        name: Name of the model in the registry.
        registry: Folder at any fsspec URI where the champion is kept; without a champion nothing is compared.
        limits: The spec's drift section: warn, alarm, columns, importance, window, where they are not the defaults.
        gateway: Address of a Prometheus Pushgateway to push metrics to, such as gateway:9091; empty for none.

    Returns:
        report: Reference against current, worst column first.
        findings: The same for machines (JSON; ``slipway schema drift`` describes it).
        metrics: Columns compared and drifted, largest PSI, scores.
        prometheus: The same in Prometheus' text format, for a textfile collector.
        drifted: Whether anything alarms: columns, predictions, target, dependence or performance.
        severity: none, warn, alarm, or unknown without a champion.
        columns: Names of the columns that alarm.
    """
    from slipway.steps.drift import drift

    result = drift(
        {"name": name, "registry": registry, "drift": limits},
        table=table.path,
        contract=contract.path,
        report=report.path,
        findings=findings.path,
        prometheus_text=prometheus.path,
        gateway=gateway,
    )
    for key, value in result.metrics.items():
        metrics.log_metric(key, value)
    return (result.drifted, result.severity, result.columns)
