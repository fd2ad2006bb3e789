"""The routing table: method and path to the handler."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError, Later, Response

Handler = Callable[[Request], Response | Later]
"""Answers a request whose body is here: at once, or later where a thread has to do it."""

_REMEMBERED = 1024
"""Paths that are found without matching patterns again."""


@dataclass(frozen=True, slots=True)
class Route:
    """A path and what answers it.

    Attributes:
        path: The path; ``{name}`` in it stands for one segment.
        handlers: HTTP method to handler.
    """

    path: str
    handlers: Mapping[str, Handler]


class Routes:
    """A routing table.

    Args:
        routes: The routes; of two that match a path, the first answers.
    """

    def __init__(self, routes: list[Route]) -> None:
        self.all = tuple(routes)
        self._patterns = [(_pattern(route.path), route) for route in routes]
        self._find = functools.lru_cache(_REMEMBERED)(self._match)

    def handler(self, request: Request) -> Handler:
        """The handler of a request, which is told its route and parameters.

        Raises:
            HttpError: 404 or 405.
        """
        found = self._find(request.path)
        if found is None:
            raise HttpError(404, f"there is nothing at {request.path[:200]!r}; GET / lists what there is", "path")
        route, request.parameters = found
        request.route = route.path
        handler = route.handlers.get(request.method)
        if handler is None:
            allowed = ", ".join(route.handlers)
            raise HttpError(405, f"{route.path} answers {allowed} only", "method", ((b"allow", allowed.encode()),))
        return handler

    def _match(self, path: str) -> tuple[Route, dict[str, str]] | None:
        for pattern, route in self._patterns:
            matched = pattern.fullmatch(path)
            if matched:
                return route, matched.groupdict()
        return None


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    )
