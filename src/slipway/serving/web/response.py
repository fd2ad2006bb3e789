"""What a request is answered."""

from dataclasses import dataclass
from typing import Any

import orjson

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Headers = ((b"content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer.

    Attributes:
        body: Its body.
        status: HTTP status.
        headers: Its headers, but for its length and the request's id.
    """

    body: bytes
    status: int = 200
    headers: Headers = JSON


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
