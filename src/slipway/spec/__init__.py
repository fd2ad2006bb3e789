"""The one file a user writes: what to predict, from which data, and under which limits."""

from slipway.spec.drift import Drift
from slipway.spec.evolution import Evolution
from slipway.spec.execution import Execution
from slipway.spec.fairness import Fairness
from slipway.spec.features import Features
from slipway.spec.gates import Gates
from slipway.spec.load import load, parse
from slipway.spec.model import Metric, Spec
from slipway.spec.origin import Origin
from slipway.spec.quality import ColumnLimits, Quality
from slipway.spec.rollout import Analysis, Rollout
from slipway.spec.search import Search
from slipway.spec.serving import Serving
from slipway.spec.split import Split

__all__ = [
    "Analysis",
    "ColumnLimits",
    "Drift",
    "Evolution",
    "Execution",
    "Features",
    "Fairness",
    "Gates",
    "Metric",
    "Origin",
    "Quality",
    "Rollout",
    "Search",
    "Serving",
    "Spec",
    "Split",
    "load",
    "parse",
]
