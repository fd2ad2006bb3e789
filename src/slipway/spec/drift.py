"""Limits on drift."""

from pydantic import Field, model_validator

from slipway.spec.section import Section


class Drift(Section):
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
