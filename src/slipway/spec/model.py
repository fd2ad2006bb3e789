"""The fields of a spec, their defaults and what is allowed in them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["number", "integer", "boolean", "category", "date"]
Metric = Literal[
    "auto", "roc_auc", "pr_auc", "log_loss", "brier", "accuracy", "balanced_accuracy", "f1", "rmse", "mae", "r2"
]
Share = Annotated[float, Field(ge=0, le=1)]
Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$")]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Quality(_Section):
    """Limits on the data; data outside of them stops the run."""

    min_rows: int = Field(default=50, ge=10)
    """Fewest rows with a target that are worth training on."""
    max_null_share: Share = 0.5
    """Largest share of nulls in a column; a column above it is left out and named in the report."""
    max_dropped_share: Share = 0.5
    """Largest share of rows that may be dropped because their target is null."""


class Split(_Section):
    """How rows are divided into training, validation and test."""

    validation: Share = 0.2
    """Share of rows that candidates are compared on."""
    test: Share = 0.2
    """Share of rows that the winner and the champion are judged on; no training or selection sees them."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Changes which rows fall where, and the random numbers of the candidates."""

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> "Split":
        if self.validation <= 0 or self.test <= 0 or self.validation + self.test > 0.8:
            message = "validation and test must both be above 0 and leave at least 0.2 of the rows for training"
            raise ValueError(message)
        return self


class Gates(_Section):
    """What a challenger must clear to be promoted. A gate that is null is not checked."""

    min_gain: float = Field(default=0.0, ge=0)
    """The lower end of the interval of the gain over the champion must be above this (in units of the metric)."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    """Confidence of every interval."""
    resamples: int = Field(default=1000, ge=100, le=20_000)
    """Resamples of the paired bootstrap."""
    min_score: float | None = None
    """Least score on the test rows; for an error such as rmse, the largest error."""
    max_calibration_error: Share | None = None
    """Largest expected calibration error on the test rows (classification)."""
    max_bundle_mb: float = Field(default=200, gt=0)
    """Largest bundle, in MB."""
    max_latency_ms: float | None = Field(default=50, gt=0)
    """Largest median time to predict one row, in milliseconds, on the machine that evaluates."""


class Drift(_Section):
    """Limits on the population stability index (PSI) between reference and current data."""

    warn: float = Field(default=0.2, gt=0)
    """PSI above which a column is named."""
    alarm: float = Field(default=0.25, gt=0)
    """PSI above which a column counts as drifted."""

    @model_validator(mode="after")
    def _warns_before_it_alarms(self) -> "Drift":
        if self.warn > self.alarm:
            message = "warn must not be above alarm"
            raise ValueError(message)
        return self


class Serving(_Section):
    """Where and how the model is served."""

    host: str = "127.0.0.1"
    """Address that the local server listens on."""
    port: int = Field(default=8080, ge=1, le=65535)
    """Port of the local server, and of the Service in a cluster."""
    namespace: Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] = "default"
    """Namespace of the Deployment and the Service."""
    image: str = ""
    """Server image, by digest; empty for the one that this release was made with."""
    replicas: int = Field(default=2, ge=1, le=1000)
    """Pods of the Deployment."""
    cpu: Quantity = "250m"
    """CPU that each pod asks for."""
    memory: Quantity = "512Mi"
    """Memory that each pod asks for and is limited to."""
    timeout_s: int = Field(default=300, ge=5)
    """Seconds that a rollout may take until every pod is ready."""


class Spec(_Section):
    """Everything that a run needs to know."""

    name: Name
    """Name of the model: the Deployment, the Service and the registry entry. A DNS label of at most 40 characters."""
    data: str = Field(min_length=1)
    """The table: a file, a glob or a folder of CSV or Parquet, local or at any fsspec URI."""
    target: str = Field(min_length=1)
    """The column to predict."""
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    """What kind of prediction; auto looks at the target."""
    positive: str = ""
    """The class of a binary target whose probability is answered; empty for the last one in sorting order."""
    event_time: str = ""
    """The column that says when a row happened; rows are then split by time."""
    identifiers: list[str] = []
    """Columns that name a row and say nothing about it; never features."""
    sensitive: list[str] = []
    """Columns kept for fairness only; never features."""
    consent: str = ""
    """A column of yes and no; rows with no, or with nothing, never reach training."""
    types: dict[str, Kind] = {}
    """Kinds of columns where the one found in the data is not the one you want."""
    candidates: list[str] = Field(default=["logistic", "forest", "xgboost"], min_length=1)
    """Candidates to train: logistic (ridge for a regression), forest, xgboost."""
    metric: Metric = "auto"
    """What decides; auto is roc_auc, log_loss or rmse for binary, multiclass or regression."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """Probability from which a binary prediction is the positive class."""
    quality: Quality = Quality()
    split: Split = Split()
    gates: Gates = Gates()
    drift: Drift = Drift()
    registry: str = ".slipway/registry"
    """Folder at any fsspec URI where versions and the champion are kept; empty: a run stands alone."""
    serving: Serving = Serving()
