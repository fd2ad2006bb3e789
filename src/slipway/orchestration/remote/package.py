"""A compiled pipeline as it is uploaded: its name, its version, its parameters and its steps."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import yaml

from slipway.errors import PipelineError, UnknownNameError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is missing where PyYAML was built without C

_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "STRING": ((str,), "a text"),
    "NUMBER_INTEGER": ((int,), "an integer"),
    "NUMBER_DOUBLE": ((int, float), "a number"),
    "BOOLEAN": ((bool,), "true or false"),
    "LIST": ((list,), "a list, as JSON"),
    "STRUCT": ((dict,), "an object, as JSON"),
}


@dataclass(frozen=True, slots=True)
class Package:
    """A compiled pipeline.

    Attributes:
        text: The YAML.
        name: The pipeline's name.
        parameters: Name to type, in KFP's words, of each parameter.
        required: Names of parameters without a default.
        steps: Names of the tasks that run something, in an order in which they can run.
    """

    text: str
    name: str
    parameters: Mapping[str, str]
    required: frozenset[str]
    steps: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Package":
        """Reads a compiled pipeline.

        Raises:
            PipelineError: It can't be read, or is not a compiled pipeline.
        """
        try:
            return cls.parse(path.read_text(encoding="utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            message = f"the package {str(path)!r} can't be read: {getattr(error, 'strerror', None) or error}"
            raise PipelineError(message) from None

    @classmethod
    def parse(cls, text: str, where: str) -> "Package":
        """Makes a package of YAML.

        Args:
            text: The YAML.
            where: What the error calls it.

        Raises:
            PipelineError: It is not a compiled pipeline.
        """
        try:
            return cls.of(next(yaml.load_all(text, _Loader)), text)
        except (yaml.YAMLError, StopIteration, KeyError, TypeError, AttributeError):
            message = f"{where!r} is not a compiled pipeline: make one with 'slipway compile', or with KFP's compiler"
            raise PipelineError(message) from None

    @classmethod
    def of(cls, spec: Mapping[str, Any], text: str) -> "Package":
        """Makes a package of a pipeline's specification.

        Args:
            spec: The first document of the YAML.
            text: The YAML.

        Raises:
            KeyError, TypeError, AttributeError: It is no specification.
        """
        inputs = spec["root"].get("inputDefinitions", {}).get("parameters", {})
        return cls(
            text=text,
            name=spec["pipelineInfo"]["name"],
            parameters={name: item["parameterType"] for name, item in inputs.items()},
            required=frozenset(name for name, item in inputs.items() if not item.get("isOptional")),
            steps=tuple(dict.fromkeys(_steps(spec["root"]["dag"], spec.get("components", {})))),
        )

    @property
    def digest(self) -> str:
        """SHA-256 of the YAML."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def version(self) -> str:
        """Name of the version: the same for the same content, another one for any other."""
        return f"{self.name}-{self.digest[:12]}"

    def arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the given values that this pipeline has a parameter for.

        Raises:
            PipelineError: A parameter without a default is not given.
        """
        missing = sorted(self.required - given.keys())
        if missing:
            message = f"pipeline {self.name!r} needs {', '.join(map(repr, missing))}: give it with --param NAME=VALUE"
            raise PipelineError(message)
        return {name: value for name, value in given.items() if name in self.parameters}

    def argument(self, assignment: str) -> tuple[str, Any]:
        """Name and value of ``NAME=VALUE``, as the pipeline's parameter wants it.

        Raises:
            PipelineError: There is no such parameter, or the value is not of its type.
        """
        name, equals, text = assignment.partition("=")
        if not equals:
            message = f"--param {assignment!r} should be NAME=VALUE"
            raise PipelineError(message)
        if name not in self.parameters:
            what = "parameter"
            raise UnknownNameError(what, name, self.parameters, where=f"pipeline {self.name!r}")
        kind = self.parameters[name]
        types, words = _KINDS.get(kind, ((object,), kind))
        value = text if kind == "STRING" else _json(text)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            message = f"--param {name} is {text!r}; it should be {words}"
            raise PipelineError(message)
        return name, value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _steps(dag: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[str]:
    tasks = dag.get("tasks", {})
    for name in TopologicalSorter({key: task.get("dependentTasks", ()) for key, task in tasks.items()}).static_order():
        component = components.get(tasks[name]["componentRef"]["name"], {})
        if "dag" in component:
            yield from _steps(component["dag"], components)
        else:
            yield name
