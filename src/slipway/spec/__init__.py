"""The one file a user writes: what to predict, from which data, and under which limits."""

from slipway.spec.load import load, parse
from slipway.spec.model import Drift, Gates, Metric, Quality, Serving, Spec, Split

__all__ = ["Drift", "Gates", "Metric", "Quality", "Serving", "Spec", "Split", "load", "parse"]
