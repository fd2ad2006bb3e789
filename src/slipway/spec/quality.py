"""Limits on the data."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator, model_validator

from slipway.spec.section import Section, Share

_AGE = re.compile(r"^(\d+)([smhdw])$")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(tzinfo=None) if time.tzinfo else time


Time = Annotated[datetime, AfterValidator(_utc)]
"""A time in UTC; without a zone it is taken for UTC."""

Bound = Annotated[float, Field(allow_inf_nan=False)] | Time


class ColumnLimits(Section):
    """Limits on one column; a value outside of them stops the run. A limit that is null is not checked."""

    min: Bound | None = None
    """Smallest value that is allowed: a number, or a time for a column of dates."""
    max: Bound | None = None
    """Largest value that is allowed, likewise."""
    allowed: list[bool | int | float | str] | None = None
    """The only values that are allowed."""
    max_null_share: Share | None = None
    """Largest share of nulls."""
    max_outlier_share: Share | None = None
    """Largest share of values beyond Tukey's outer fences; in place of the one for all columns."""

    @model_validator(mode="after")
    def _leaves_room(self) -> "ColumnLimits":
        low, high = self.min, self.max
        if low is not None and high is not None:
            if isinstance(low, datetime) != isinstance(high, datetime):
                message = "min and max must both be numbers or both be times"
                raise ValueError(message)
            if low > high:  # type: ignore[operator]
                message = "min must not be above max"
                raise ValueError(message)
        if self.allowed is not None and not self.allowed:
            message = "allowed must name a value, or be left out"
            raise ValueError(message)
        return self


class Quality(Section):
    """Limits on the data; data outside of them stops the run. A limit that is null is not checked."""

    min_rows: int = Field(default=50, ge=10)
    """Fewest rows with a target that are worth training on."""
    max_null_share: Share = 0.5
    """Largest share of nulls in a column; a column above it is left out and named in the report."""
    max_dropped_share: Share = 0.5
    """Largest share of rows that may be dropped because their target or entity is null."""
    max_duplicate_share: Share | None = None
    """Largest share of rows that are a copy of another one."""
    max_outlier_share: Share | None = None
    """Largest share of the values of any numeric column beyond Tukey's outer fences."""
    min_class_share: Share | None = None
    """Smallest share of rows that each class of the target needs."""
    max_age: str | None = None
    """How old the newest event time may be, such as 36h or 7d (s, m, h, d, w)."""
    as_of: Time | None = None
    """The time that max_age counts back from; null for now. Without a zone it is UTC."""
    columns: dict[str, ColumnLimits] = {}
    """Limits on single columns."""

    @field_validator("max_age")
    @classmethod
    def _is_a_duration(cls, value: str | None) -> str | None:
        if value is not None and not _AGE.match(value):
            message = "should be a number and one of s, m, h, d, w, such as 36h or 7d"
            raise ValueError(message)
        return value

    @property
    def oldest(self) -> timedelta | None:
        """``max_age`` as a duration."""
        found = _AGE.match(self.max_age or "")
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
