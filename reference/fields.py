"""A JSON Schema as tables: a section for each object, a row for each field."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_NAMES = {"string": "text", "object": "mapping", "array": "list", "null": "null"}


def tables(schema: Schema) -> str:
    """Markdown: one table for the fields at the top, then one for each section, in the order of the code.

    Args:
        schema: A JSON Schema (2020-12) of an object, with its sections under ``$defs``.
    """
    sections = _sections("", schema, schema["$defs"])
    return "".join(_table(path, section, schema["$defs"]) for path, section in sections)


def kind(field: Schema, defs: Schema) -> str:
    """What a field may hold, in words.

    Args:
        field: The field's JSON Schema.
        defs: The sections that it may refer to.
    """
    if "anyOf" in field:
        return " or ".join(kind(one, defs) for one in field["anyOf"])
    if "$ref" in field:
        found = _follow(field, defs)
        return kind(found, defs) if "enum" in found else "section"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "items" in field:
        return f"list of {kind(field['items'], defs)}"
    if isinstance(field.get("additionalProperties"), Mapping):
        return f"mapping to {kind(field['additionalProperties'], defs)}"
    bounds = " ".join(f"{sign} {field[name]:g}" for name, sign in _BOUNDS.items() if name in field)
    return f"{_NAMES.get(field.get('type', ''), field.get('type', 'anything'))} {bounds}".strip()


def _sections(path: str, section: Schema, defs: Schema) -> Iterator[tuple[str, Schema]]:
    yield path, section
    for name, field in section["properties"].items():
        place = f"{path}.{name}" if path else name
        for inner, below in _inner(place, field, defs):
            yield from _sections(inner, below, defs)


def _inner(place: str, field: Schema, defs: Schema) -> Iterator[tuple[str, Schema]]:
    """The sections that a field holds, and where they are."""
    for one in field.get("anyOf", [field]):
        if "$ref" in one and "properties" in _follow(one, defs):
            yield place, _follow(one, defs)
        elif isinstance(one.get("additionalProperties"), Mapping):
            yield from _inner(f"{place}.NAME", one["additionalProperties"], defs)
        elif "items" in one:
            yield from _inner(f"{place}[]", one["items"], defs)


def _table(path: str, section: Schema, defs: Schema) -> str:
    heading = f"\n## `{path}`\n\n{_line(section.get('description', ''))}\n" if path else ""
    required = section.get("required", ())
    rows = (
        f"| `{name}` | {_cell(kind(field, defs))} | {_default(name, field, required, defs)} | {_what(field, defs)} |"
        for name, field in section["properties"].items()
    )
    return f"{heading}\n| field | holds | default | what |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def _default(name: str, field: Schema, required: Any, defs: Schema) -> str:
    if "default" not in field:
        return "required" if name in required else ""
    whole = "$ref" in field and "properties" in _follow(field, defs)
    return "" if whole else f"`{_cell(json.dumps(field['default'], ensure_ascii=False))}`"


def _what(field: Schema, defs: Schema) -> str:
    said = field.get("description") or ("$ref" in field and _follow(field, defs).get("description")) or ""
    return _cell(_line(said))


def _follow(field: Schema, defs: Schema) -> Schema:
    return defs[field["$ref"].rpartition("/")[2]]


def _line(text: str) -> str:
    return " ".join(text.split()).replace("``", "`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
