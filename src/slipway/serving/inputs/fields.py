"""What is wrong with the fields of a request."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Problem = Literal["missing", "unknown", "null", "type", "range"]


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field of one row.

    Attributes:
        row: Position of the row, from 0; None for a column that all rows share.
        field: The field's name.
        problem: ``missing``, ``unknown``, ``null``, ``type`` or ``range``.
        message: What to do.
    """

    row: int | None
    field: str
    problem: Problem
    message: str


class InvalidRowsError(Exception):
    """Fields that can't be used.

    Attributes:
        errors: All of them, by row.
    """

    def __init__(self, errors: list[FieldError]) -> None:
        fields = "1 field" if len(errors) == 1 else f"{len(errors):,} fields"
        super().__init__(f"{fields} can't be used")
        self.errors = sorted(errors, key=lambda error: error.row or 0)

    def to_dict(self, limit: int) -> dict[str, Any]:
        """The answer to a request with such rows.

        Args:
            limit: Most errors that it lists.
        """
        return {"error": self.sentence, "errors": [asdict(error) for error in self.errors[:limit]]}

    @property
    def sentence(self) -> str:
        """The first error in words, and how many there are."""
        first = self.errors[0]
        where = "" if first.row is None else f"row {first.row}, "
        return f"{self}: {where}{first.field[:200]!r}: {first.message}"
