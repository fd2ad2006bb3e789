"""The feature plan: what each raw column becomes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from slipway.data.schema import Schema
from slipway.errors import DataError
from slipway.features import category, date, number, target_mean, text
from slipway.features.category import Category, Ordinal
from slipway.features.date import Date
from slipway.features.expression import Derived
from slipway.features.inputs import extended
from slipway.features.named import Named, distinct
from slipway.features.number import Number
from slipway.features.target_mean import TargetMean
from slipway.features.text import Text
from slipway.features.window import Rolling

FORMAT = 2
"""Version of the format; a plan of another one is refused."""

TARGET = "__target__"
"""Name of the target's column in a table of features; no feature has it."""

_STEPS: dict[str, Any] = {
    "windows": Rolling,
    "derived": Derived,
    "numbers": Number,
    "dates": Date,
    "categories": Category,
    "ordinals": Ordinal,
    "targets": TargetMean,
    "texts": Text,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What each raw column becomes. Features stand in the order: numbers, dates, categories, ordinals, targets, texts.

    Attributes:
        numbers: Numbers, integers, booleans and derived columns.
        dates: Dates.
        categories: Categories with one feature a level.
        ordinals: Categories with the rank of the level.
        targets: Categories with the mean of the target.
        texts: Texts with counts of n-grams.
        derived: Columns that are made from others, in the order that they are made in.
        windows: Columns that are made from earlier rows before the plan is applied.
        event_time: The event time when it is an input, else empty.
        kept: Places of the features that were selected; None for all.
        version: Semantic version that the spec gives.
        revision: Git revision of the working directory it was fitted in; empty outside of one.
        notes: Sentences on what was done and what to know.
    """

    numbers: tuple[Number, ...] = ()
    dates: tuple[Date, ...] = ()
    categories: tuple[Category, ...] = ()
    ordinals: tuple[Ordinal, ...] = ()
    targets: tuple[TargetMean, ...] = ()
    texts: tuple[Text, ...] = ()
    derived: tuple[Derived, ...] = ()
    windows: tuple[Rolling, ...] = ()
    event_time: str = ""
    kept: tuple[int, ...] | None = None
    version: str = "1.0.0"
    revision: str = ""
    notes: tuple[str, ...] = ()

    @property
    def sources(self) -> dict[str, tuple[str, ...]]:
        """Feature name to the raw columns that it comes from, in the order of the features."""
        made = distinct(self._named, TARGET)
        chosen = list(made) if self.kept is None else [list(made)[place] for place in self.kept]
        return {name: self.raw(made[name]) for name in chosen}

    def raw(self, column: str) -> tuple[str, ...]:
        """The raw columns that a column comes from: itself unless it is derived."""
        derived = {step.name: step for step in self.derived}
        if column not in derived:
            return (column,)
        return tuple(dict.fromkeys(raw for used in derived[column].columns for raw in self.raw(used)))

    @property
    def _named(self) -> list[Named]:
        """The features before any was selected."""
        return [
            *number.names(self.numbers),
            *date.names(self.dates),
            *category.names(self.categories),
            *category.ordinal_names(self.ordinals),
            *target_mean.names(self.targets),
            *text.names(self.texts),
        ]

    @property
    def width(self) -> int:
        """Number of features before any was selected."""
        return len(self._named)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(self.sources)

    @property
    def digest(self) -> str:
        """A hash of what decides the features, 12 hex digits: the version, revision and notes don't."""
        content = {name: value for name, value in asdict(self).items() if name not in ("version", "revision", "notes")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """The version with the hash, such as ``1.0.0+85e8a3a06050``."""
        return f"{self.version}+{self.digest}"

    def restricted(self, places: Iterable[int]) -> "Plan":
        """The same plan with some of its features only, in their order."""
        return replace(self, kept=tuple(sorted(int(place) for place in places)))

    def schema(self, table: Schema) -> Schema:
        """The inputs that the plan takes: those of a table, the event time when it is one, and its windows.

        Args:
            table: The schema of the table as it was checked.
        """
        return extended(table, self.event_time, (step.column for step in self.windows))

    def to_json(self) -> str:
        """The plan as indented JSON, with its hash and the raw columns of each feature."""
        raw = {"format": FORMAT, "label": self.label, **asdict(self), "features": self.sources}
        return json.dumps(raw, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, content: str | bytes) -> "Plan":
        """Reads what ``to_json`` wrote.

        Raises:
            DataError: It is no plan, or one of another format.
        """
        try:
            raw: dict[str, Any] = json.loads(content)
            found = raw.get("format", 1)
        except (ValueError, AttributeError) as error:
            message = f"the feature plan can't be read: {error}"
            raise DataError(message) from None
        if found != FORMAT:
            age = "an older release" if isinstance(found, int) and found < FORMAT else "another release"
            message = f"the feature plan has format {found!r}, of {age}; this one reads format {FORMAT}: fit it again"
            raise DataError(message)
        try:
            return cls._of(raw)
        except (KeyError, TypeError) as error:
            message = f"the feature plan has other fields than it should: {error!r}; fit it again"
            raise DataError(message) from None

    @classmethod
    def _of(cls, raw: dict[str, Any]) -> "Plan":
        steps: dict[str, Any] = {
            name: tuple(kind(**_tuples(item)) for item in raw[name]) for name, kind in _STEPS.items()
        }
        others = {name: raw[name] for name in ("event_time", "version", "revision")}
        kept = None if raw["kept"] is None else tuple(raw["kept"])
        return cls(**steps, **others, kept=kept, notes=tuple(raw["notes"]))


def _tuples(value: Any) -> Any:
    """Lists of JSON as the tuples that they were."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return {name: _tuples(item) for name, item in value.items()} if isinstance(value, dict) else value
