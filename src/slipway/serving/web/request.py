"""One request, from its arrival to what observers see of it."""

import itertools
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from slipway.serving.web.response import ID_HEADER, HttpError

if TYPE_CHECKING:
    from slipway.serving.bundles.served import Served
    from slipway.serving.inputs.fields import FieldError
    from slipway.serving.predicting.predictor import Predictor

Receive = Callable[[], Awaitable[Mapping[str, Any]]]

_ID = re.compile(r"[\x21-\x7e]{1,128}")
_ARRAY_BYTES = 200
_VALUE_BYTES = 24
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
        arrived: When its head was here, ``time.perf_counter()``.
        id: Its id: the client's, or a new one.
        body: Its body.
        route: The route that answers it, as the routing table has it; empty for none.
        parameters: What the route's placeholders stand for.
        predictor: The model that answered; None before one is chosen.
        served: The bundles that it was chosen from.
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
    headers: Sequence[tuple[bytes, bytes]]
    arrived: float
    id: str
    body: bytes = b""
    route: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    predictor: "Predictor | None" = None
    served: "Served | None" = None
    trace: str = ""
    rows: int = 0
    inputs: Mapping[str, NDArray[Any]] | None = None
    outputs: NDArray[np.float64] | None = None
    errors: "list[FieldError]" = field(default_factory=list)
    problem: str = ""

    @property
    def weight(self) -> int:
        """Bytes that its rows take in memory, about; what keeps them for later counts with it."""
        arrays = len(self.inputs) if self.inputs else 0
        return arrays * _ARRAY_BYTES + max(len(self.body), arrays * self.rows * _VALUE_BYTES)

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


def arrive(method: str, path: str, query: bytes, headers: Sequence[tuple[bytes, bytes]]) -> Request:
    """A request whose head is here.

    Args:
        method: HTTP method.
        path: Its path, decoded.
        query: Its query string, as it came.
        headers: Names in lower case, and values.
    """
    request = Request(method, path, query, headers, time.perf_counter(), "")
    given = request.header(ID_HEADER).decode("latin-1")
    request.id = given if _ID.fullmatch(given) else f"{_process}-{next(_numbers):x}"
    return request


async def whole(request: Request, receive: Receive, limit: int) -> bytes:
    """The whole body of a request.

    Args:
        request: The request.
        receive: ASGI's function that gives the next part of the body.
        limit: Most bytes.

    Raises:
        HttpError: 413 when it is larger, 400 when the client left before its end.
    """
    declared = request.header(b"content-length")
    if declared.isdigit():
        check_size(int(declared), limit)
    data, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HttpError(400, "the client left before the end of its request", "disconnect")
        data += message.get("body", b"")
        check_size(len(data), limit)
        more = message.get("more_body", False)
    return bytes(data)


def check_size(size: int, limit: int) -> None:
    """Checks the size of a body.

    Raises:
        HttpError: 413 when it is above the limit.
    """
    if size > limit:
        raise HttpError(413, f"the body is larger than {limit:,} bytes; send fewer rows at once", "size")
