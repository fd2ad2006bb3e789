"""The body of a request: read up to a limit, parsed, and its outer shape checked."""

from typing import Any, Literal

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request

MAX_BYTES = 16 * 1024 * 1024
MAX_ROWS = 50_000

_SHAPE = 'the body should be {"rows": [{"column": value, …}, …]} or {"columns": {"column": [value, …], …}}'

Form = Literal["rows", "columns"]


async def read(request: Request) -> tuple[Form, Any, int]:
    """Reads the body of a request for predictions.

    Args:
        request: The request.

    Returns:
        Which form it has; its rows, a list of objects, or its columns, lists of the same length; the number of rows.

    Raises:
        HTTPException: 413 when it is too large, 400 when it is not JSON, 422 when it has another shape.
    """
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise HTTPException(413, f"the body is larger than {MAX_BYTES:,} bytes; send fewer rows at once")
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None
    form, content = _form(parsed)
    count = len(content) if form == "rows" else len(next(iter(content.values())))
    if not count:
        raise HTTPException(422, "there is no row in the body")
    if count > MAX_ROWS:
        raise HTTPException(413, f"{count:,} rows are more than {MAX_ROWS:,}; send fewer at once")
    return form, content, count


def _form(parsed: Any) -> tuple[Form, Any]:
    if isinstance(parsed, dict) and len(parsed) == 1:
        rows, columns = parsed.get("rows"), parsed.get("columns")
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return "rows", rows
        if isinstance(columns, dict) and columns and all(isinstance(values, list) for values in columns.values()):
            if len({len(values) for values in columns.values()}) > 1:
                raise HTTPException(422, "the columns have different lengths")
            return "columns", columns
    raise HTTPException(422, _SHAPE)
