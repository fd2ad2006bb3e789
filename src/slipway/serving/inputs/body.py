"""The body of a request for predictions: parsed, and its outer shape checked."""

from typing import Any, Literal

import orjson

from slipway.serving.web.response import HttpError
from slipway.settings import Limits

_SHAPE = 'the body should be {"rows": [{"column": value, …}, …]} or {"columns": {"column": [value, …], …}}'

Form = Literal["rows", "columns"]


def parse(data: bytes, limits: Limits) -> tuple[Form, Any, int]:
    """Parses the body of a request for predictions.

    Args:
        data: The body.
        limits: What it may take.

    Returns:
        Which form it has; its rows, a list of objects, or its columns, lists of the same length; the number of rows.

    Raises:
        HttpError: 413 when it has too many rows, 400 when it is not JSON, 422 when it has another shape.
    """
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, f"the body is not JSON: {error}", "json") from None
    form, content = _form(parsed, limits.depth)
    count = len(content) if form == "rows" else len(next(iter(content.values())))
    if not count:
        raise HttpError(422, "there is no row in the body", "shape")
    if count > limits.rows:
        raise HttpError(413, f"{count:,} rows are more than {limits.rows:,}; send fewer at once", "size")
    return form, content, count


def _form(parsed: Any, depth: int) -> tuple[Form, Any]:
    if isinstance(parsed, dict) and len(parsed) == 1:
        rows, columns = parsed.get("rows"), parsed.get("columns")
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return "rows", rows
        if isinstance(columns, dict) and columns and all(isinstance(values, list) for values in columns.values()):
            if len({len(values) for values in columns.values()}) > 1:
                raise HttpError(422, "the columns have different lengths", "shape")
            return "columns", columns
    if _deeper(parsed, depth):
        raise HttpError(400, f"the body is nested deeper than {depth}", "depth")
    raise HttpError(422, _SHAPE, "shape")


def _deeper(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth + 1):
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return False
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return True
