"""What a table's columns are: the contract that travels with the model."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

Kind = Literal["number", "integer", "boolean", "category", "date", "text"]
Task = Literal["binary", "multiclass", "regression"]
Label = str | int | float | bool

NUMERIC: frozenset[Kind] = frozenset({"number", "integer"})
TEXTUAL: frozenset[Kind] = frozenset({"category", "text"})
"""Kinds that a graph takes as text; the others are float64."""


def alike(one: Kind, other: Kind) -> bool:
    """Whether a column of one kind can be read as the other: both are numbers, or both are text."""
    return one == other or {one, other} <= NUMERIC or {one, other} <= TEXTUAL


@dataclass(frozen=True, slots=True)
class Column:
    """One input column.

    Attributes:
        name: The column's name, as in the data.
        kind: ``number`` (float64), ``integer`` (int64), ``boolean``, ``category`` (a level), ``date`` (UTC time) or
            ``text`` (free text).
        nullable: Whether the training data had nulls in it.
        minimum: Smallest value seen, for numbers and dates (dates in seconds since 1970); else None.
        maximum: Largest value seen, likewise.
        levels: Levels seen, most frequent first, at most ``MAX_LEVELS``; only for categories.
        made: How a caller makes it from earlier rows, in words; empty for a column of the data.
    """

    name: str
    kind: Kind
    nullable: bool
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] | None = None
    made: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """What is predicted.

    Attributes:
        name: The target column's name.
        task: ``binary``, ``multiclass`` or ``regression``.
        kind: The target column's kind, which is the kind of the labels that are answered.
        classes: Class labels as text in the order of the model's outputs; the positive class of a binary task
            comes second. Empty for a regression.
    """

    name: str
    task: Task
    kind: Kind
    classes: tuple[str, ...] = ()

    @property
    def scores(self) -> int:
        """Number of scores that trees sum up for a row: one a class where there are more than two, else one."""
        return len(self.classes) if self.task == "multiclass" else 1

    def label(self, index: int) -> Label:
        """The label of a class in the type that the data has it in.

        Args:
            index: Position in ``classes``.

        Returns:
            An int, float or bool where the target column is one, else text.
        """
        text = self.classes[index]
        if self.kind == "boolean":
            return text == "true"
        if self.kind == "integer":
            return int(text)
        return float(text) if self.kind == "number" else text


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns a model is fed, the target, and the columns that were left out and why.

    Attributes:
        columns: Input columns in the order of the data.
        target: The target.
        event_time: The column that orders rows in time, or None.
        entity: The column that says whom or what a row is about, or None.
        weight: The column that says how much a row counts, or None.
        sensitive: Columns kept for fairness; inputs only where ``columns`` has them too.
        excluded: Name of each column that is not an input, with the reason in words.
    """

    columns: tuple[Column, ...]
    target: Target
    event_time: str | None = None
    entity: str | None = None
    weight: str | None = None
    sensitive: tuple[str, ...] = ()
    excluded: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the input columns."""
        return tuple(column.name for column in self.columns)

    @property
    def kinds(self) -> dict[str, Kind]:
        """Name to kind of the input columns."""
        return {column.name: column.kind for column in self.columns}

    @property
    def split_by(self) -> tuple[str, ...]:
        """The columns that say where a row falls when it is not by time: the entity, or else the inputs.

        The target is none of them, so that a label can be corrected without moving its row.
        """
        return (self.entity,) if self.entity else self.names

    def to_json(self) -> str:
        """The schema as indented JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Schema":
        """Reads what ``to_json`` wrote.

        Raises:
            ValueError, KeyError, TypeError: The text is not a schema.
        """
        raw = json.loads(text)
        return cls(
            columns=tuple(_column(item) for item in raw["columns"]),
            target=Target(**{**raw["target"], "classes": tuple(raw["target"]["classes"])}),
            event_time=raw["event_time"],
            entity=raw.get("entity"),
            weight=raw.get("weight"),
            sensitive=tuple(cast("Iterable[str]", raw["sensitive"])),
            excluded=dict(raw["excluded"]),
        )


def _column(raw: dict[str, Any]) -> Column:
    levels = raw["levels"]
    return Column(**{**raw, "levels": None if levels is None else tuple(levels)})
