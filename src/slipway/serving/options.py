"""The server's settings from a file, the environment and flags; the later of them win."""

import argparse
import ast
import inspect
import itertools
import json
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from slipway.checked import checked, plain
from slipway.errors import ServingError
from slipway.settings import Settings

PREFIX = "SLIPWAY_"
"""Start of the names in the environment: ``SLIPWAY_LOG_URI`` is ``log.uri``."""

_DIGEST = "Digest that the bundle must have, where one bundle is named."


def parse(arguments: Sequence[str], program: str, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a server.

    Args:
        arguments: Bundles, as a folder, a URI or NAME=BUNDLE, and flags.
        program: What the help calls the command.
        environment: Variables; None for the process's own.

    Raises:
        ServingError: A setting is unknown or has a value that is not allowed, or no bundle is named.
    """
    asked = {"-h", "--help"} & set(arguments)
    given = vars(_parser(program, helped=bool(asked)).parse_args(arguments))
    bundles, digest, file = given.pop("bundles"), given.pop("digest"), given.pop("config")
    raw = {
        **(dict(_file(Path(file))) if file else {}),
        **dict(_environment(os.environ if environment is None else environment)),
        **{name: value for name, value in given.items() if value is not None},
    }
    _name_models(raw, bundles, digest)
    return checked(_nested(raw), Settings, "the server's settings")


def flags(settings: Settings) -> list[str]:
    """The flags that make ``parse`` give the same settings, but for host, port and models.

    Args:
        settings: The settings.
    """
    default, made = Settings(models={"": settings.models[""]} if "" in settings.models else {}), []
    for name, hint in _scalars():
        value, usual = (_get(item, name) for item in (settings, default))
        if value == usual or name in ("host", "port"):
            continue
        flag = f"--{_dashed(name)}"
        made += ([flag] if value else [f"--no-{_dashed(name)}"]) if hint is bool else [f"{flag}={value}"]
    return made


def _parser(program: str, *, helped: bool) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Serves bundles until it is told to end.")
    parser.add_argument("bundles", nargs="*", metavar="BUNDLE", help="a folder, a URI, or NAME=BUNDLE for several")
    parser.add_argument("--config", metavar="FILE", help="settings as YAML or JSON, models and variants included")
    parser.add_argument("--digest", help=_DIGEST)
    words = _documented() if helped else {}
    for name, hint in _scalars():
        more: dict[str, Any] = {"action": argparse.BooleanOptionalAction} if hint is bool else {"metavar": "VALUE"}
        said = words.get(name, "").replace("%", "%%")
        usual = _get(Settings(), name)
        parser.add_argument(f"--{_dashed(name)}", dest=name, help=f"{said} ({usual})" if usual else said, **more)
    return parser


def _scalars() -> Iterator[tuple[str, Any]]:
    """Dotted name and type of each setting that is one value."""
    for name, hint in get_type_hints(Settings).items():
        if is_dataclass(hint):
            yield from ((f"{name}.{inner}", of) for inner, of in get_type_hints(hint).items() if _is_field(hint, inner))
        elif plain(hint) and _is_field(Settings, name):
            yield name, hint


def _is_field(cls: Any, name: str) -> bool:
    return name in {item.name for item in fields(cls)}


def _dashed(name: str) -> str:
    return name.replace(".", "-").replace("_", "-")


def _get(value: Any, name: str) -> Any:
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if f"{PREFIX}SETTINGS" in environment:
        yield from _fields(environment[f"{PREFIX}SETTINGS"], f"{PREFIX}SETTINGS", json.loads)
    for name, _ in _scalars():
        variable = PREFIX + name.replace(".", "_").upper()
        if variable in environment:
            yield name, environment[variable]
    if f"{PREFIX}MODELS" in environment:
        yield "models", _decoded(json.loads, environment[f"{PREFIX}MODELS"], f"{PREFIX}MODELS")


def _file(path: Path) -> Iterator[tuple[str, Any]]:
    import yaml

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"the server's settings {str(path)!r} can't be read: {error}"
        raise ServingError(message) from None
    return _fields(text, repr(str(path)), json.loads if path.suffix == ".json" else yaml.safe_load)


def _fields(text: str, where: str, decode: Callable[[str], Any]) -> Iterator[tuple[str, Any]]:
    raw = _decoded(decode, text, where)
    if not isinstance(raw, dict):
        message = f"the server's settings {where} hold no fields"
        raise ServingError(message)
    yield from _flat(raw)


def _decoded(decode: Callable[[str], Any], text: str, where: str) -> Any:
    try:
        return decode(text)
    except Exception as error:  # YAML's and JSON's errors share no root but this
        message = f"{where} can't be read: {' '.join(str(error).split())}"
        raise ServingError(message) from None


def _flat(raw: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in raw.items():
        if isinstance(value, dict) and name != "models":
            yield from ((f"{name}.{inner}", item) for inner, item in value.items())
        else:
            yield str(name), value


def _nested(raw: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in raw.items():
        section, _, inner = name.rpartition(".")
        place = made.setdefault(section, {}) if section else made
        if isinstance(place, dict):  # else the section itself is wrong, which is told later
            place[inner] = value
    return made


def _name_models(raw: dict[str, Any], bundles: list[str], digest: str | None) -> None:
    """Adds the bundles of the command line to the models; one without a name is called ``""`` until it is loaded."""
    named = [_named(item) for item in bundles]
    if digest and len(named) == 1:
        named[0][1]["digest"] = digest
    elif digest:
        message = "--digest is for one bundle; give each model its own digest in the settings file"
        raise ServingError(message)
    models = dict(raw.get("models") or {})
    for name, model in named:
        if name in models:
            message = f"model {name!r} is named twice; give each bundle a name of its own: NAME=BUNDLE"
            raise ServingError(message)
        models[name] = model
    if not models:
        message = "no bundle is named: slipway serve BUNDLE"
        raise ServingError(message)
    if "" in models and len(models) > 1:
        message = "several bundles need names: slipway serve NAME=BUNDLE NAME=BUNDLE"
        raise ServingError(message)
    raw["models"] = models


def _named(item: str) -> tuple[str, dict[str, str]]:
    name, mark, bundle = item.partition("=")
    if mark and "/" not in name and "://" not in name and not Path(item).exists():
        return name, {"bundle": bundle}
    return "", {"bundle": item}


def _documented() -> dict[str, str]:
    """Dotted name to what the settings' source says of it."""
    found = {}
    for name, hint in {"": Settings, **get_type_hints(Settings)}.items():
        if is_dataclass(hint):
            body = ast.parse(textwrap.dedent(inspect.getsource(hint))).body[0].body  # type: ignore[attr-defined, arg-type]
            for item, after in itertools.pairwise(body):
                if isinstance(item, ast.AnnAssign) and isinstance(after, ast.Expr):
                    key = ".".join(part for part in (name, item.target.id) if part)  # type: ignore[union-attr]
                    found[key] = " ".join(ast.literal_eval(after.value).split())
    return found
