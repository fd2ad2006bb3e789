"""What KFP's OpenAPI publishes, as the client that is generated from it says: routes, queries, bodies and answers."""

import inspect
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import kfp_server_api
from dateutil.parser import parse

_SERVICES = (
    kfp_server_api.ExperimentServiceApi,
    kfp_server_api.HealthzServiceApi,
    kfp_server_api.PipelineServiceApi,
    kfp_server_api.PipelineUploadServiceApi,
    kfp_server_api.RecurringRunServiceApi,
    kfp_server_api.RunServiceApi,
)


@dataclass(frozen=True)
class Route:
    """A route of the API."""

    method: str
    pattern: re.Pattern[str]
    queries: frozenset[str]
    body: str
    answer: str


def routes() -> list[Route]:
    return [_route(inspect.getsource(method)) for service in _SERVICES for method in _methods(service)]


def _methods(service: type) -> list[Any]:
    return [item for name, item in inspect.getmembers(service) if name.endswith("_with_http_info")]


def _route(source: str) -> Route:
    path, method = re.findall(r"call_api\(\s*'([^']+)', '([A-Z]+)'", source)[0]
    body = re.search(r"body_params = local_var_params\['(\w+)'\]", source)
    kind = re.search(rf":type {body[1] if body else None}: (\w+)", source)
    answer = re.search(r"response_type='([^']+)'", source)
    pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "([^/:]+)", re.escape(path)) + "$")
    queries = frozenset(re.findall(r"query_params.append\(\('(\w+)'", source))
    return Route(method, pattern, queries, kind[1] if kind else "", answer[1] if answer else "object")


def misfits(value: Any, kind: str, where: str = "") -> list[str]:
    """What of a JSON value does not fit a published type."""
    if kind == "object" or value is None:
        return []
    if kind.startswith("list["):
        if not isinstance(value, list):
            return [f"{where} is no list"]
        return [wrong for item in value for wrong in misfits(item, kind[5:-1], f"{where}[]")]
    if kind.startswith("dict("):
        inner = kind[:-1].split(", ", 1)[1]
        return [wrong for key, item in value.items() for wrong in misfits(item, inner, f"{where}.{key}")]
    if kind in ("str", "int", "bool", "datetime"):
        return [] if _is(value, kind) else [f"{where} is {value!r}, not {kind}"]
    return _of_model(value, getattr(kfp_server_api, kind), where)


def _of_model(value: Any, model: Any, where: str) -> list[str]:
    if not model.openapi_types:
        allowed = [item for name, item in vars(model).items() if name.isupper() and isinstance(item, str)]
        return [] if value in allowed else [f"{where} is {value!r}, not one of {allowed}"]
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    names = {key: attribute for attribute, key in model.attribute_map.items()}
    unknown = [f"{where}.{key} is unknown" for key in value if key not in names]
    known = {key: model.openapi_types[names[key]] for key in value if key in names}
    return unknown + [wrong for key, kind in known.items() for wrong in misfits(value[key], kind, f"{where}.{key}")]


def _is(value: Any, kind: str) -> bool:
    if kind == "datetime":
        return isinstance(value, str) and isinstance(parse(value), datetime)
    return type(value) is {"str": str, "int": int, "bool": bool}[kind]
