"""From a YAML file to a checked spec, or to sentences that say what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from slipway.errors import SpecError, nearest
from slipway.spec.model import Spec

_MERGE = "tag:yaml.org,2002:merge"

Section = TypeVar("Section", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """A safe loader that takes no key twice; PyYAML keeps the last one without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if key.value in keys:
                    message = f"field {key.value!r} is there twice, the second time in line {key.start_mark.line + 1}"
                    raise yaml.YAMLError(message)
                keys.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path) -> Spec:
    """Reads a spec file.

    A relative ``data`` is taken from the file's folder, a relative ``registry`` and ``search.storage`` from here.

    Args:
        path: A YAML file.

    Raises:
        SpecError: The file can't be read, is not YAML, or a field is unknown or not allowed.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    except FileNotFoundError:
        message = (
            f"there is no spec at {str(path)!r}: write one with 'slipway init DATA --target COLUMN', "
            "or name one with --spec"
        )
        raise SpecError(message) from None
    except (OSError, UnicodeDecodeError) as error:
        message = f"the spec {str(path)!r} can't be read: {error}"
        raise SpecError(message) from None
    except yaml.YAMLError as error:
        message = f"the spec {str(path)!r} is not valid YAML: {' '.join(str(error).split())}"
        raise SpecError(message) from None
    if not isinstance(raw, dict):
        held = type(raw).__name__
        message = f"the spec {str(path)!r} holds {held}, not fields; it needs at least name, data and target"
        raise SpecError(message)
    spec = parse(raw, Spec, where=str(path))
    return spec.model_copy(
        update={
            "data": _absolute(spec.data, path.resolve().parent),
            "registry": _absolute(spec.registry, Path.cwd()),
            "search": spec.search.model_copy(update={"storage": _absolute(spec.search.storage, Path.cwd())}),
        }
    )


def parse(raw: Mapping[str, Any], model: type[Section], where: str = "the spec") -> Section:
    """Checks fields against a model.

    Args:
        raw: Fields and values.
        model: The spec or one of its sections.
        where: What the error calls the place that the fields come from.

    Raises:
        SpecError: One sentence for each field that is unknown or not allowed.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        sentences = _sentences(error.errors(include_url=False), model)
        raise SpecError("\n".join(f"{where}: {sentence}" for sentence in sentences)) from None


def _sentences(errors: Sequence[Any], model: type[BaseModel]) -> Iterator[str]:
    """A sentence for each field; of a field that may be of several types there is an error for each of them."""
    fields: dict[tuple[str, ...], list[Any]] = {}
    for error in errors:
        fields.setdefault(_field(model, tuple(str(part) for part in error["loc"])), []).append(error)
    yield from (_sentence(path, found, model) for path, found in fields.items())


def _sentence(path: tuple[str, ...], errors: Sequence[Any], model: type[BaseModel]) -> str:
    name, error = ".".join(path), errors[0]
    if error["type"] == "missing":
        return f"field {name!r} is missing and has no default"
    if error["type"] == "extra_forbidden":
        known = list(_section(model, path[:-1]).model_fields)
        near = nearest(path[-1], known)
        hint = f"did you mean {near!r}?" if near else f"allowed are: {', '.join(known)}"
        return f"field {name!r} is unknown; {hint}"
    texts = [item["msg"].removeprefix("Value error, ").removeprefix("Input ") for item in errors]
    said = ", or ".join(dict.fromkeys(texts))
    if not path:
        return said
    value = f" is {error['input']!r}" if not isinstance(error["input"], dict) else ""
    return f"field {name!r}{value}: it {said}" if said.startswith("should") else f"field {name!r}{value}: {said}"


def _field(model: type[BaseModel], path: tuple[str, ...]) -> tuple[str, ...]:
    """The path to a field, without the types that were tried there."""
    end, section = _walked(model, path)
    return path if section is not None else path[:end] + tuple(part for part in path[end:] if part.isdigit())


def _section(model: type[BaseModel], path: tuple[str, ...]) -> type[BaseModel]:
    """The section that a path leads to."""
    return _walked(model, path)[1] or model


def _walked(model: type[BaseModel], path: tuple[str, ...]) -> tuple[int, type[BaseModel] | None]:
    """How many parts of a path lead into the model, and the section there; None where it is a value."""
    at = 0
    while at < len(path) and path[at] in model.model_fields:
        kind: Any = model.model_fields[path[at]].annotation
        at += 1
        while get_origin(kind) in (dict, list):
            kind = get_args(kind)[-1]
            at += 1
        if not isinstance(kind, type) or not issubclass(kind, BaseModel):
            return at, None
        model = kind
    return at, model


def _absolute(uri: str, folder: Path) -> str:
    return uri if not uri or "://" in uri else str(folder / Path(uri).expanduser())
