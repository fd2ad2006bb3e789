"""The KFP door to the step ``drift``."""

from typing import Dict, List, NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Artifact, Dataset, Input, Metrics, Output

from slipway.orchestration.images import COMPONENTS


@dsl.component(base_image=COMPONENTS, install_kfp_package=False)
def drift(
    table: Input[Dataset],
    contract: Input[Artifact],
    report: Output[HTML],
    findings: Output[Artifact],
    metrics: Output[Metrics],
    name: str = "model",
    registry: str = "",
    limits: Dict[str, float] = {},
) -> NamedTuple("Outputs", drifted=bool, severity=str, columns=List[str]):
    """Compares a table with the reference profile of the champion's training data.

    Args:
        table: A table that ``validate`` wrote.
        contract: Its contract.
        name: Name of the model in the registry.
        registry: Folder at any fsspec URI where the champion is kept; without a champion nothing is compared.
        limits: PSI limits: warn and alarm.

    Returns:
        report: Reference against current, worst column first.
        findings: The same for machines (JSON).
        metrics: Columns compared and drifted, largest PSI.
        drifted: Whether any column alarms.
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
    )
    for key, value in result.metrics.items():
        metrics.log_metric(key, value)
    return (result.drifted, result.severity, result.columns)
