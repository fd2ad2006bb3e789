"""From a spec to the parameters of a pipeline."""

from typing import Any

from slipway.spec import Gates, Quality, Serving, Spec


def train_and_deploy(spec: Spec, **others: Any) -> dict[str, Any]:
    """The parameters of ``train_and_deploy`` for a spec.

    Args:
        spec: The spec.
        **others: Parameters that no spec holds: to, context, fingerprint, state, run.

    Returns:
        Parameter name to value. Sections carry only what differs from the defaults.
    """
    same = ("data", "target", "name", "task", "positive", "event_time", "identifiers", "sensitive", "consent", "types")
    return {
        **{field: getattr(spec, field) for field in same},
        "candidates": spec.candidates,
        "metric": spec.metric,
        "threshold": spec.threshold,
        "quality": _changed(spec.quality, Quality()),
        "validation": spec.split.validation,
        "test": spec.split.test,
        "seed": spec.split.seed,
        "gates": _changed(spec.gates, Gates()),
        "drift_limits": spec.drift.model_dump(mode="json", exclude_defaults=True),
        "registry": spec.registry,
        "serving": {key: str(value) for key, value in _changed(spec.serving, Serving()).items()},
        **others,
    }


def _changed(section: Any, default: Any) -> dict[str, Any]:
    return {
        name: getattr(section, name)
        for name in type(section).model_fields
        if getattr(section, name) != getattr(default, name)
    }
