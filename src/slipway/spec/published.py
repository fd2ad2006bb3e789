"""JSON Schema of what is written for machines."""

from typing import Any

from pydantic import TypeAdapter


def schema_of(model: type, title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a model or dataclass as it is written.

    Args:
        model: The model or dataclass.
        title: What the schema is called.
    """
    found = TypeAdapter(model).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": title}
