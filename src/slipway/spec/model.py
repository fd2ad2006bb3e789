"""The fields of a spec, their defaults and what is allowed in them."""

from typing import Annotated, Literal

from pydantic import Field

from slipway.spec.drift import Drift
from slipway.spec.evolution import Evolution
from slipway.spec.execution import Execution
from slipway.spec.fairness import Fairness
from slipway.spec.features import Features
from slipway.spec.gates import Gates
from slipway.spec.origin import Origin
from slipway.spec.quality import Quality
from slipway.spec.rollout import Rollout
from slipway.spec.schedule import Schedule
from slipway.spec.search import Search
from slipway.spec.section import Section
from slipway.spec.serving import Serving
from slipway.spec.split import Split

Kind = Literal["number", "integer", "boolean", "category", "date", "text"]
Metric = Literal[
    "auto", "roc_auc", "pr_auc", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1",
    "rmse", "mae", "r2", "pinball_10", "pinball_90",
]  # fmt: skip
Threshold = Literal["auto", "f1", "balanced_accuracy"] | Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]


class Spec(Section):
    """Everything that a run needs to know."""

    name: Name
    """Name of the model: the Deployment, the Service and the registry entry. A DNS label of at most 40 characters."""
    data: str = Field(min_length=1)
    """The table: a file, a glob or a folder of CSV or Parquet, or a Delta Lake table, local or at any fsspec URI; or a
    database, with ``origin.query``."""
    target: str = Field(min_length=1)
    """The column to predict."""
    purpose: str = Field(default="", max_length=2000)
    """What the model is for, and what it is not for, in a sentence or more; on the model card."""
    owner: str = Field(default="", max_length=200)
    """Who answers for the model; on the model card."""
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    """What kind of prediction; auto looks at the target."""
    positive: str = ""
    """The class of a binary target whose probability is answered; empty for the last one in sorting order."""
    event_time: str = ""
    """The column that says when a row happened; rows are then split by time."""
    entity: str = ""
    """The column that says whom or what a row is about, when there are several rows of each; never a feature."""
    weight: str = ""
    """The column that says how much a row counts in training and in metrics; never a feature."""
    identifiers: list[str] = []
    """Columns that name a row and say nothing about it; never features."""
    sensitive: list[str] = []
    """Columns kept for fairness only; never features, unless ``sensitive_features`` lists them too."""
    sensitive_features: list[str] = []
    """Sensitive columns that are to be features all the same."""
    consent: str = ""
    """A column of yes and no; rows with no, or with nothing, never reach training."""
    types: dict[str, Kind] = {}
    """Kinds of columns where the one found in the data is not the one you want."""
    candidates: list[str] = Field(default=["logistic", "forest", "xgboost"], min_length=1)
    """Candidates to train: logistic (ridge for a regression), forest, histogram, xgboost, lightgbm (an extra), or one
    that you registered."""
    metric: Metric = "auto"
    """What decides; auto is roc_auc, log_loss or rmse for binary, multiclass or regression."""
    threshold: Threshold = "auto"
    """Probability from which a binary prediction is the positive class: a number, or what it is chosen for on held-out
    rows, f1 or balanced_accuracy; auto is for the least costs where there are ``costs``, else 0.5."""
    costs: dict[str, dict[str, float]] = {}
    """What a decision costs, by actual and then by predicted class, in any one unit; a gain is negative."""
    origin: Origin = Origin()
    quality: Quality = Quality()
    evolution: Evolution = Evolution()
    split: Split = Split()
    features: Features = Features()
    search: Search = Search()
    gates: Gates = Gates()
    fairness: Fairness = Fairness()
    drift: Drift = Drift()
    registry: str = ".slipway/registry"
    """Folder at any fsspec URI where versions and the champion are kept; empty: a run stands alone."""
    serving: Serving = Serving()
    rollout: Rollout = Rollout()
    execution: Execution = Execution()
    schedule: Schedule = Schedule()
