"""The feature plan: what each raw column becomes."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

TARGET = "__target__"
"""Name of the target's column in a table of features; no feature has it."""

DATE_PARTS = ("year", "month", "day", "weekday", "hour", "age")
"""What a date becomes; weekday counts from Monday as 0, age is in days since 2000-01-01."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, integer or boolean: its value, the median where it is missing, and whether it was missing.

    Attributes:
        column: The raw column.
        fill: What stands for a missing value.
        indicator: Whether a feature says that the value was missing; only when training rows had nulls.
    """

    column: str
    fill: float
    indicator: bool


@dataclass(frozen=True, slots=True)
class Date:
    """A date: its parts, those of the median where it is missing, and whether it was missing.

    Attributes:
        column: The raw column.
        fill: What stands for a missing date, in seconds since 1970.
        indicator: Whether a feature says that the date was missing.
    """

    column: str
    fill: float
    indicator: bool


@dataclass(frozen=True, slots=True)
class Category:
    """A category: one feature a level.

    Attributes:
        column: The raw column.
        levels: Levels that have a feature of their own, most frequent first.
        other: Whether a feature stands for all other levels; only when training rows had any. Without it, a level that
            is not known sets no feature.
        missing: Whether a feature stands for a missing value; only when training rows had nulls.
    """

    column: str
    levels: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.levels) + self.other + self.missing

    @property
    def codes(self) -> dict[str, int]:
        """Level to the position of its feature; the empty text stands for a missing value."""
        codes = {level: place for place, level in enumerate(self.levels)}
        return {**codes, "": len(self.levels) + self.other} if self.missing else codes

    @property
    def unknown(self) -> int:
        """Position of the feature of a level that is not known; ``width`` where there is none."""
        return len(self.levels) if self.other else self.width


@dataclass(frozen=True, slots=True)
class Plan:
    """What each raw column becomes. Features stand in the order: numbers, their indicators, dates, theirs, categories.

    Attributes:
        numbers: Numbers, integers and booleans.
        dates: Dates.
        categories: Categories.
    """

    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]
    categories: tuple[Category, ...]

    @property
    def sources(self) -> dict[str, str]:
        """Feature name to the raw column that it comes from, in the order of the features."""
        pairs = [(item.column, item.column) for item in self.numbers]
        pairs += [(f"{item.column} is missing", item.column) for item in self.numbers if item.indicator]
        pairs += [(f"{item.column} {part}", item.column) for part in DATE_PARTS for item in self.dates]
        pairs += [(f"{item.column} is missing", item.column) for item in self.dates if item.indicator]
        for item in self.categories:
            rest = ["other levels"] * item.other + ["is missing"] * item.missing
            pairs += [(f"{item.column} = {level}", item.column) for level in item.levels]
            pairs += [(f"{item.column} {name}", item.column) for name in rest]
        return _distinct(pairs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(self.sources)

    @property
    def version(self) -> str:
        """A hash of the plan's content, 12 hex digits."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:12]

    def to_json(self) -> str:
        """The plan as indented JSON, with its version and the source of each feature."""
        raw = {"version": self.version, **asdict(self), "features": self.sources}
        return json.dumps(raw, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        """Reads what ``to_json`` wrote."""
        raw: dict[str, Any] = json.loads(text)
        return cls(
            numbers=tuple(Number(**item) for item in raw["numbers"]),
            dates=tuple(Date(**item) for item in raw["dates"]),
            categories=tuple(Category(**{**item, "levels": tuple(item["levels"])}) for item in raw["categories"]),
        )


def _distinct(pairs: list[tuple[str, str]]) -> dict[str, str]:
    sources: dict[str, str] = {}
    for name, column in pairs:
        free = name
        number = 2
        while free in sources or free == TARGET:
            free = f"{name} ({number})"
            number += 1
        sources[free] = column
    return sources
