"""What a request is answered."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[bytes, bytes], ...]

ID_HEADER = b"x-request-id"

JSON: Headers = ((b"content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer.

    Attributes:
        body: Its body.
        status: HTTP status.
        headers: Its headers, but for those of every answer.
    """

    body: bytes
    status: int = 200
    headers: Headers = JSON

    def all_headers(self, name: str, *, closes: bool) -> list[tuple[bytes, bytes]]:
        """Its headers, its length and the request's id among them.

        Args:
            name: The request's id.
            closes: Whether the connection ends with it.
        """
        length = (b"content-length", b"%d" % len(self.body))
        headers = [*self.headers, length, (ID_HEADER, name.encode("ascii"))]
        return [*headers, (b"connection", b"close")] if closes else headers


Later = Coroutine[Any, Any, Response]
"""An answer that a thread has to work on."""


class HttpError(Exception):
    """A request that can't be answered.

    Attributes:
        status: HTTP status.
        problem: Kind of the error, one word, for the metrics.
        headers: Headers of the answer, beyond its type.
    """

    def __init__(self, status: int, sentence: str, problem: str, headers: Headers = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.problem = problem
        self.headers = headers


def json(content: Any, status: int = 200) -> Response:
    """A JSON answer; numpy arrays are allowed in it."""
    return Response(orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY), status)


def refusal(error: HttpError) -> Response:
    """The answer that says why a request can't be answered."""
    return Response(orjson.dumps({"error": str(error)}), error.status, JSON + error.headers)
