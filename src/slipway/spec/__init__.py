"""The one file a user writes: what to predict, from which data, and under which limits."""

from slipway.spec.drift import Drift
from slipway.spec.gates import Gates
from slipway.spec.load import load, parse
from slipway.spec.model import Metric, Spec
from slipway.spec.quality import Quality
from slipway.spec.rollout import Analysis, Rollout
from slipway.spec.serving import Serving
from slipway.spec.split import Split

__all__ = ["Analysis", "Drift", "Gates", "Metric", "Quality", "Rollout", "Serving", "Spec", "Split", "load", "parse"]
