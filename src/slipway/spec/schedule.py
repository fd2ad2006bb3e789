"""When the pipeline runs by itself."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from slipway.spec.section import Section

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_EVERY = re.compile(r"^([1-9][0-9]*)([smhd])$")
_FIELDS = (
    ("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12),
    ("day of the week", 0, 6),
)  # fmt: skip
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]


def _cron(text: str) -> str:
    if not text:
        return text
    fields = text.split()
    if len(fields) not in (5, 6):
        message = (
            f"has {len(fields)} fields; cron has five (minute, hour, day, month, weekday), or six with seconds first"
        )
        raise ValueError(message)
    for (name, low, high), field in zip(_FIELDS[-len(fields) :], fields, strict=True):
        for part in field.split(","):
            _check_part(part, name, low, high)
    return " ".join(fields)


def _every(text: str) -> str:
    if text and not _EVERY.match(text):
        message = "should be a number and a unit, such as 30m, 6h or 1d"
        raise ValueError(message)
    return text


def _check_part(part: str, name: str, low: int, high: int) -> None:
    span, slash, step = part.partition("/")
    ends = span.split("-")
    numbers = [_number(end, name, low) for end in ends] if span not in ("*", "?") else []
    known = [number for number in numbers if number is not None and low <= number <= high]
    good = len(ends) <= 2 and len(known) == len(numbers) and known == sorted(known)
    if not good or (slash and not (step.isdecimal() and int(step) > 0)):
        message = f"{part!r} is no {name}: it should be *, a number from {low} to {high}, a range or a step such as */2"
        raise ValueError(message)


def _number(text: str, name: str, low: int) -> int | None:
    names = {"month": _MONTHS, "day of the week": _DAYS}.get(name, [])
    if text.upper() in names:
        return names.index(text.upper()) + low
    return int(text) if text.isdecimal() else None


class Schedule(Section):
    """When KFP starts the pipeline by itself; ``slipway schedule apply`` brings it there."""

    name: str = Field(default="", max_length=100)
    """Name of the recurring run; empty for the model's name."""
    cron: Annotated[str, AfterValidator(_cron)] = ""
    """When, as in a crontab: minute, hour, day, month, weekday; six fields when seconds come first. In UTC, unless
    KFP's ``CRON_SCHEDULE_TIMEZONE`` says otherwise."""
    every: Annotated[str, AfterValidator(_every)] = ""
    """How often, instead of ``cron``: 30m, 6h, 1d."""
    start: AwareDatetime | None = None
    """No run before this moment."""
    end: AwareDatetime | None = None
    """No run after this moment."""
    catch_up: bool = False
    """Whether runs that were missed, while KFP was down or the schedule disabled, are all made up for."""
    concurrency: int = Field(default=1, ge=1, le=10)
    """How many of its runs may go on at once."""
    enabled: bool = True
    """Whether it starts runs; false keeps the schedule, and lets it rest."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.cron and self.every:
            message = "cron and every both say when: keep one of them"
            raise ValueError(message)
        if self.start and self.end and self.start >= self.end:
            message = "start should be before end"
            raise ValueError(message)
        return self

    @property
    def six_fields(self) -> str:
        """The cron expression as KFP takes it, with seconds first.

        KFP would take five fields too, but for seconds, minutes, hours, day and month.
        """
        return self.cron if len(self.cron.split()) == 6 else f"0 {self.cron}"

    @property
    def seconds(self) -> int:
        """The interval in seconds; 0 for none."""
        found = _EVERY.match(self.every)
        return int(found[1]) * _UNITS[found[2]] if found else 0
