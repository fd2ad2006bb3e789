"""Limits on drift."""

from pydantic import Field, model_validator

from slipway.spec.section import Section


class Limits(Section):
    """Limits on the population stability index (PSI) between reference and current data."""

    warn: float = Field(default=0.2, gt=0)
    """PSI above which a column is named."""
    alarm: float = Field(default=0.25, gt=0)
    """PSI above which a column counts as drifted."""

    @model_validator(mode="after")
    def _warns_before_it_alarms(self) -> "Limits":
        if self.warn > self.alarm:
            message = f"warn must not be above alarm: they are {self.warn:g} and {self.alarm:g}"
            raise ValueError(message)
        return self


class Drift(Limits):
    """When data counts as drifted."""

    columns: dict[str, Limits] = {}
    """Limits of single columns, where they are to differ."""
    importance: bool = True
    """Whether a column that the model hardly relies on is named at most, but never alarms."""
    ignored: float = Field(default=0.1, ge=0, le=1)
    """Such a column has less than this share of an equal share of the importance."""
    false_discoveries: float = Field(default=0.01, gt=0, lt=1)
    """Expected share of false ones among the columns found to have changed; less asks for more evidence of each."""
    classifier: bool = True
    """Whether a classifier tries to tell two tables apart, where both are at hand."""
    window: int = Field(default=0, ge=0)
    """Rows of a window of the scores over time; 0 for a tenth of the rows."""

    def of(self, column: str) -> Limits:
        """The limits of a column."""
        return self.columns.get(column, self)
