"""What the spec says of features, held against the columns that there are."""

from dataclasses import dataclass
from typing import Final

from slipway.data.schema import Kind, Schema
from slipway.errors import SpecError, UnknownNameError
from slipway.features import expression, window
from slipway.features.date import PARTS
from slipway.features.expression import Derived
from slipway.features.inputs import extended
from slipway.features.window import Rolling
from slipway.spec.features import ColumnFeatures, Features

NUMERIC: Final[tuple[Kind, ...]] = ("number", "integer", "boolean")

NUMBER: Final[Kind] = "number"

TARGET_LEVELS = 1000
"""Levels of a category that have a mean of the target of their own, at most."""

_SECONDS_A_DAY = 86_400
_FOR: Final[dict[str, frozenset[str]]] = {
    "number": frozenset({"use", "impute", "fill", "indicator", "clip"}),
    "date": frozenset({"use", "impute", "fill", "indicator", "parts"}),
    "category": frozenset({"use", "encode", "levels", "min_rows"}),
    "text": frozenset({"use", "words", "ngrams", "min_rows"}),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is known before any row is looked at.

    Attributes:
        features: The section of the spec.
        derived: Columns made from others: those of the spec, and days before the event time.
        windows: Columns made from earlier rows.
        event_time: The event time when it is an input, else empty.
        parts: What a date becomes unless the spec says it.
    """

    features: Features
    derived: tuple[Derived, ...]
    windows: tuple[Rolling, ...]
    event_time: str
    parts: tuple[str, ...]

    def schema(self, table: Schema) -> Schema:
        """The inputs of the plan; see ``slipway.features.inputs.extended``."""
        return extended(table, self.event_time, (step.column for step in self.windows))

    def options(self, column: str) -> ColumnFeatures:
        """What the spec says of a column."""
        return self.features.columns.get(column, ColumnFeatures())

    def used(self, column: str) -> bool:
        """Whether a column gives features of its own."""
        options = self.options(column)
        return options.use and options.encode != "none"


def choose(features: Features, schema: Schema, event_kind: Kind | None = None) -> Choice:
    """Holds the spec against a table.

    Args:
        features: The section of the spec.
        schema: The table's schema.
        event_kind: Kind of the event time; None without one.

    Raises:
        SpecError: An expression, an option or a window does not fit the columns.
        UnknownNameError: A column is named that is not there.
    """
    rolling = _windows(features, schema)
    kinds: dict[str, Kind] = {**schema.kinds, **dict.fromkeys((step.name for step in rolling), NUMBER)}
    dates = [name for name, kind in schema.kinds.items() if kind == "date" and name != schema.event_time]
    aged = bool(features.age and dates and event_kind == "date" and schema.event_time)
    event_time = schema.event_time or "" if aged else ""
    derived = _derived(features, [name for name, kind in kinds.items() if kind in (*NUMERIC, "date")], kinds)
    derived += tuple(_age(name, event_time, [*kinds, *features.derived]) for name in dates if aged)
    _check_columns(features, {**kinds, **dict.fromkeys((step.name for step in derived), NUMBER)})
    parts = tuple(part for part in PARTS if part != "age") if aged else PARTS
    return Choice(features, derived, rolling, event_time, parts)


def _windows(features: Features, schema: Schema) -> tuple[Rolling, ...]:
    if features.windows and not (schema.entity and schema.event_time):
        missing = "entity" if not schema.entity else "event_time"
        message = f"features.windows look at earlier rows of the same entity: name the field {missing!r} as well"
        raise SpecError(message)
    target = schema.target
    kinds = {**schema.kinds, target.name: target.kind}
    made = {}
    for item in features.windows:
        if item.column not in kinds:
            raise UnknownNameError(what="column", name=item.column, known=kinds, where="the data (features.windows)")
        if kinds[item.column] not in NUMERIC:
            message = f"features.windows: column {item.column!r} is of kind {kinds[item.column]}, not a number"
            raise SpecError(message)
        if item.name in kinds or item.name in made:
            message = f"features.windows: there is a column {item.name!r} already"
            raise SpecError(message)
        made[item.name] = window.describe(item, schema.entity or "", schema.event_time or "")
    return tuple(made.values())


def _derived(features: Features, usable: list[str], taken: dict[str, Kind]) -> tuple[Derived, ...]:
    made: list[Derived] = []
    for name, text in features.derived.items():
        if name in taken:
            message = f"features.derived: there is a column {name!r} already; give the derived one another name"
            raise SpecError(message)
        made.append(expression.parse(name, text, [*usable, *(step.name for step in made)]))
    return tuple(made)


def _age(column: str, event_time: str, taken: list[str]) -> Derived:
    name = f"{column} days before {event_time}"
    while name in taken:
        name += "_"
    text = f"(col({event_time!r}) - col({column!r})) / {_SECONDS_A_DAY}"
    return expression.parse(name, text, [column, event_time])


def _check_columns(features: Features, kinds: dict[str, Kind]) -> None:
    for name, options in features.columns.items():
        if name not in kinds:
            raise UnknownNameError(what="column", name=name, known=kinds, where="the data (features.columns)")
        kind = "number" if kinds[name] in NUMERIC else kinds[name]
        wrong = sorted(options.model_fields_set - _FOR[kind])
        if wrong:
            message = (
                f"features.columns.{name}: {wrong[0]!r} is nothing that a column of kind {kinds[name]} has; "
                f"it has {', '.join(sorted(_FOR[kind]))}"
            )
            raise SpecError(message)
