"""One request, from its arrival to what observers see of it."""

import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slipway.serving.web.response import HttpError

if TYPE_CHECKING:
    from slipway.serving.bundles.served import Served
    from slipway.serving.inputs.fields import FieldError
    from slipway.serving.predicting.predictor import Predictor

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

ID_HEADER = b"x-request-id"
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_numbers = itertools.count(1)
_process = secrets.token_hex(6)


@dataclass(slots=True)
class Request:
    """One request; handlers fill in what observers are to see.

    Attributes:
        method: HTTP method.
        path: Its path, decoded.
        query: Its query string, as it came.
        headers: Names in lower case, and values.
        receive: ASGI's function that gives the next part of the body.
        arrived: When its head was here, ``time.perf_counter()``.
        id: Its id: the client's, or a new one.
        route: The route that answers it, as the routing table has it; empty for none.
        parameters: What the route's placeholders stand for.
        predictor: The model that answered; None before one is chosen.
        served: The bundles that it was chosen from.
        size: Bytes of its body.
        trace: Id of the trace that it belongs to, 32 hex digits; empty for none.
        rows: Rows predicted.
        inputs: What the graph was given; None where nothing was predicted.
        outputs: What the graph answered.
        errors: Fields that could not be used.
        problem: Kind of the error it was refused with; empty for none.
    """

    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    receive: Receive
    arrived: float
    id: str
    route: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    predictor: "Predictor | None" = None
    served: "Served | None" = None
    trace: str = ""
    size: int = 0
    rows: int = 0
    inputs: Mapping[str, NDArray[Any]] | None = None
    outputs: NDArray[np.float64] | None = None
    errors: "list[FieldError]" = field(default_factory=list)
    problem: str = ""

    def name_itself(self, name: str | None) -> None:
        """Takes the id that a body gives, where it gives one that can be sent in a header."""
        if name is not None and _ID.fullmatch(name):
            self.id = name

    def header(self, name: bytes) -> bytes:
        """The value of a header, empty where it is not there.

        Args:
            name: Its name in lower case.
        """
        for key, value in self.headers:
            if key == name:
                return value
        return b""

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Args:
            limit: Most bytes.

        Raises:
            HttpError: 413 when it is larger, 400 when the client left before its end.
        """
        declared = self.header(b"content-length")
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        message = await self.receive()
        data: bytes = message.get("body", b"")
        if message.get("more_body"):
            data = await self._rest(data, limit)
        elif message["type"] == "http.disconnect":
            raise HttpError(400, "the client left before the end of its request", "disconnect")
        self.size = len(data)
        if self.size > limit:
            raise _too_large(limit)
        return data

    async def _rest(self, first: bytes, limit: int) -> bytes:
        data = bytearray(first)
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise HttpError(400, "the client left before the end of its request", "disconnect")
            data += message.get("body", b"")
            if len(data) > limit:
                raise _too_large(limit)
            more = message.get("more_body", False)
        return bytes(data)


def arrive(scope: Mapping[str, Any], receive: Receive) -> Request:
    """The request of an ASGI scope."""
    request = Request(
        scope["method"], scope["path"], scope["query_string"], scope["headers"], receive, time.perf_counter(), ""
    )
    given = request.header(ID_HEADER).decode("latin-1")
    request.id = given if _ID.fullmatch(given) else f"{_process}-{next(_numbers):x}"
    return request


def _too_large(limit: int) -> HttpError:
    return HttpError(413, f"the body is larger than {limit:,} bytes; send fewer rows at once", "size")
