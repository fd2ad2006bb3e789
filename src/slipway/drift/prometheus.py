"""What is found as Prometheus metrics: a textfile for a node exporter, or a push to a gateway."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from slipway.drift.comparison import SEVERITIES
from slipway.drift.findings import Findings
from slipway.errors import StorageError

MOST_COLUMNS = 200
"""Columns that have series of their own: the worst ones, so that a wide table does not flood the server."""

_TIMEOUT_S = 10.0


def text(findings: Findings, model: str) -> bytes:
    """The metrics in Prometheus' text format.

    Args:
        findings: What was found.
        model: Name of the model, which each series is labelled with.
    """
    return generate_latest(_registry(findings, model))


def push(findings: Findings, model: str, gateway: str) -> None:
    """Replaces the model's metrics at a Pushgateway.

    Args:
        findings: What was found.
        model: Name of the model; the gateway groups by it.
        gateway: Its address, such as ``gateway:9091``; no credentials.

    Raises:
        StorageError: It can't be reached, or refuses.
    """
    from prometheus_client import push_to_gateway

    try:
        push_to_gateway(
            gateway, "slipway_drift", _registry(findings, model), grouping_key={"model": model}, timeout=_TIMEOUT_S
        )
    except (OSError, ValueError) as error:
        message = f"the Pushgateway at {gateway!r} does not take the metrics: {error}"
        raise StorageError(message) from None


def _registry(findings: Findings, model: str) -> CollectorRegistry:
    registry = CollectorRegistry()
    severity = Gauge(
        "slipway_drift_severity", "0 for none, 1 for warn, 2 for alarm.", ["model", "part"], registry=registry
    )
    for part, (found, _) in findings.parts.items():
        severity.labels(model, part).set(SEVERITIES.index(found))
    number = Gauge("slipway_drift_metric", "Numbers that were found.", ["model", "metric"], registry=registry)
    for name, value in findings.metrics.items():
        number.labels(model, name).set(value)
    psi = Gauge(
        "slipway_drift_column_psi", "Population stability index of a column.", ["model", "column"], registry=registry
    )
    for column in findings.data.columns[:MOST_COLUMNS]:
        psi.labels(model, column.name).set(column.psi)
    rows = Gauge("slipway_drift_rows", "Current rows.", ["model"], registry=registry)
    rows.labels(model).set(findings.data.current_rows)
    last = Gauge("slipway_drift_last_run_seconds", "When this was found, as Unix time.", ["model"], registry=registry)
    last.labels(model).set_to_current_time()
    return registry
