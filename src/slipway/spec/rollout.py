"""How traffic moves to a new revision."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from slipway.spec.section import Section, Share

Strategy = Literal["rolling", "blue-green", "canary", "ab", "shadow"]
Percent = Annotated[int, Field(ge=1, le=100)]


class Analysis(Section):
    """How much worse than the stable revision a canary may be, over the same minutes."""

    min_requests: int = Field(default=200, ge=1)
    """Requests that both revisions must have answered before anything is said."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    """Confidence of every interval."""
    max_error_increase: Share = 0.01
    """Largest increase of the share of requests that the server failed (status 5xx)."""
    max_latency_ratio: float = Field(default=1.5, ge=1)
    """Largest p99 latency, as a multiple of the stable revision's."""
    max_score_psi: float = Field(default=0.25, gt=0)
    """Largest population stability index between the two revisions' scores."""
    business: str = ""
    """PromQL of a metric of yours that is better when higher; {pods} stands for a regular expression of pod names."""
    max_business_drop: Share = 0.05
    """Largest relative drop of that metric."""
    prometheus: str = ""
    """URL of a Prometheus that scrapes the pods; empty: their /metrics are read directly."""

    @model_validator(mode="after")
    def _reads_business_from_prometheus(self) -> "Analysis":
        if self.business and not self.prometheus:
            message = "business is a query to Prometheus: name its URL in prometheus"
            raise ValueError(message)
        if self.business and "{pods}" not in self.business:
            message = "business must hold {pods}, which is replaced by a regular expression of pod names"
            raise ValueError(message)
        return self


class Trial(Section):
    """Who is answered by the new revision in an A/B test."""

    percent: float = Field(default=50, gt=0, lt=100)
    """Share of the keys that it answers for."""
    header: str = ""
    """Header of the request whose value is the key; a key always gets the same revision."""
    column: str = ""
    """Column of the request's rows that is the key, or that the segment is about."""
    values: list[str | float | bool] = []
    """The segment: values of the column that it answers for, in place of a share."""

    @model_validator(mode="after")
    def _has_one_rule(self) -> "Trial":
        if self.values and (self.header or not self.column):
            message = "values are a segment of a column: name the column, and no header"
            raise ValueError(message)
        if self.header and self.column:
            message = "a key is a header or a column, not both"
            raise ValueError(message)
        return self


class Rollout(Section):
    """How traffic moves to a new revision, and when it moves back."""

    strategy: Strategy = "rolling"
    """rolling, blue-green, canary, ab or shadow; the first revision of a name is always rolled out at once."""
    steps: list[Percent] = [1, 5, 25, 50, 100]
    """Shares of traffic that a canary is given, in percent; there is an analysis after each one below 100."""
    step_s: float = Field(default=60, gt=0)
    """Seconds of traffic that an analysis looks at."""
    hold_s: float = Field(default=600, ge=0)
    """Seconds that an inconclusive step may go on gathering evidence before the canary is rolled back."""
    grace_s: float = Field(default=30, ge=0)
    """Seconds that the old set stays complete after a blue-green switch."""
    keep: int = Field(default=3, ge=1, le=50)
    """Earlier revisions that stay for an undo."""
    analysis: Analysis = Analysis()
    trial: Trial = Trial()

    @model_validator(mode="after")
    def _has_a_key(self) -> "Rollout":
        if self.strategy == "ab" and not (self.trial.header or self.trial.column):
            message = "an A/B test needs a key: name a header or a column in trial"
            raise ValueError(message)
        return self

    @field_validator("steps")
    @classmethod
    def _rise(cls, steps: list[int]) -> list[int]:
        if not steps or sorted(set(steps)) != steps:
            message = "steps must rise, such as 5, 25, 100"
            raise ValueError(message)
        return steps
