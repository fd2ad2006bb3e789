"""From a spec to the parameters of a pipeline."""

from typing import Any

from slipway.spec import Spec
from slipway.spec.section import NULL, Section


def train_and_deploy(spec: Spec, **others: Any) -> dict[str, Any]:
    """The parameters of ``train_and_deploy`` for a spec.

    Args:
        spec: The spec.
        **others: Parameters that no spec holds: to, context, fingerprint, state, run.

    Returns:
        Parameter name to value. Sections carry only what differs from the defaults.
    """
    same = (
        "data", "target", "name", "task", "positive", "event_time", "entity", "weight", "identifiers", "sensitive",
        "sensitive_features", "consent", "types",
    )  # fmt: skip
    return {
        **{field: getattr(spec, field) for field in same},
        "candidates": spec.candidates,
        "metric": spec.metric,
        "threshold": str(spec.threshold),
        "costs": spec.costs,
        "search": _changed(spec.search),
        "origin": _changed(spec.origin),
        "quality": _changed(spec.quality),
        "evolution": _changed(spec.evolution),
        "validation": spec.split.validation,
        "test": spec.split.test,
        "seed": spec.split.seed,
        "features": _changed(spec.features),
        "gates": _changed(spec.gates),
        "fairness": _changed(spec.fairness),
        "purpose": spec.purpose,
        "owner": spec.owner,
        "drift_limits": _changed(spec.drift),
        "registry": spec.registry,
        "serving": _changed(spec.serving),
        "rollout": _changed(spec.rollout),
        **others,
    }


def _changed(section: Section) -> dict[str, Any]:
    fields: dict[str, Any] = _named(section.model_dump(mode="json", exclude_defaults=True))
    return fields


def _named(value: Any) -> Any:
    """The value with every null in it by its name."""
    if isinstance(value, dict):
        return {name: _named(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_named(item) for item in value]
    return NULL if value is None else value
