"""From a spec to the parameters of a pipeline."""

from typing import Any

from slipway.spec import Spec
from slipway.spec.section import Section


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
        "serving": spec.serving.model_dump(mode="json", exclude_defaults=True),
        "rollout": spec.rollout.model_dump(mode="json", exclude_defaults=True),
        **others,
    }


def _changed(section: Section) -> dict[str, Any]:
    return section.model_dump(mode="json", exclude_defaults=True)
