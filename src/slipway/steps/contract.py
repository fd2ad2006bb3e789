"""What ``validate`` hands to the steps after it: the schema with the story of the data."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slipway.data import storage
from slipway.data.schema import Schema
from slipway.spec import Spec, parse


@dataclass(frozen=True, slots=True)
class TableContract:
    """A checked table's schema and lineage.

    Attributes:
        schema: The columns, the target, what was left out and why.
        fields: Fields of the spec that it was checked with.
        fingerprint: sha256 over the content of its files, hex.
        rows: Rows kept.
        dropped: Rows dropped for each reason.
        notes: What was done to read the data, in sentences.
    """

    schema: Schema
    fields: dict[str, Any]
    fingerprint: str
    rows: int
    dropped: dict[str, int]
    notes: tuple[str, ...]

    @property
    def data(self) -> str:
        """The URI the table was read from."""
        return str(self.fields["data"])

    def write(self, path: Path) -> None:
        """Writes the contract as JSON."""
        raw = {
            "schema": json.loads(self.schema.to_json()),
            "fields": self.fields,
            "fingerprint": self.fingerprint,
            "rows": self.rows,
            "dropped": self.dropped,
            "notes": list(self.notes),
        }
        storage.write_text(path, json.dumps(raw, indent=2, ensure_ascii=False))

    @classmethod
    def read(cls, path: Path) -> "TableContract":
        """Reads what ``write`` wrote."""
        raw = json.loads(path.read_text(encoding="utf-8"))
        schema = Schema.from_json(json.dumps(raw.pop("schema")))
        return cls(schema=schema, **{**raw, "notes": tuple(raw["notes"])})

    def spec(self, fields: dict[str, Any]) -> Spec:
        """The spec of a step that works on this table.

        Args:
            fields: Fields of the spec that the step takes; the table's own come from the contract.

        Raises:
            SpecError: A field is not allowed.
        """
        return parse({"name": "model", **self.fields, **fields}, Spec)
