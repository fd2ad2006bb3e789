"""Asking a server for the predictions of the golden rows."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import numpy as np

from slipway.bundle.golden import TOLERANCE
from slipway.bundle.load import Bundle
from slipway.errors import ServingError

_SECONDS = 10


def ready(endpoint: str) -> str | None:
    """Digest of the bundle that an endpoint serves; None when it does not answer, or is not one of ours."""
    try:
        answer = _ask(f"{endpoint}/readyz", None)
        return str(answer["digest"]) if answer["ready"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def test(endpoint: str, bundle: Bundle) -> int:
    """Asks for the golden rows over HTTP and compares the answers with those expected.

    Args:
        endpoint: Where the server answers.
        bundle: The bundle that it is to serve.

    Returns:
        Rows that were asked for.

    Raises:
        ServingError: It does not answer, or answers otherwise.
    """
    try:
        return compare(lambda content: _ask(f"{endpoint}/predict", content), bundle, endpoint)
    except urllib.error.HTTPError as error:
        said = error.read(2000).decode(errors="replace")
        message = f"{endpoint} refuses the golden rows with status {error.code}: {said}"
        raise ServingError(message) from None


def compare(ask: Callable[[Any], Any], bundle: Bundle, called: str) -> int:
    """Asks for the golden rows and compares the answers with those expected.

    Args:
        ask: Posts JSON to ``/predict`` and gives the answer.
        bundle: The bundle that is to be served.
        called: Who is asked, for sentences.

    Returns:
        Rows that were asked for.

    Raises:
        ServingError: It does not answer, or answers otherwise.
    """
    rows = bundle.golden.rows(bundle.schema)
    try:
        answer = ask({"rows": rows})
        outputs = np.array([_outputs(item) for item in answer["predictions"]], dtype=np.float64)
        difference = bundle.golden.differences(outputs.reshape(bundle.golden.outputs.shape))
    except urllib.error.HTTPError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{called} does not answer the golden rows as it should: {error}"
        raise ServingError(message) from None
    if not difference <= TOLERANCE:
        message = f"{called} answers a golden row with another prediction, off by {difference:.3g}"
        raise ServingError(message)
    return len(rows)


def _outputs(answer: dict[str, Any]) -> list[float]:
    return list(answer["probabilities"].values()) if "probabilities" in answer else [answer["value"]]


def _ask(url: str, content: Any) -> Any:
    data = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})  # noqa: S310 - our own http URL
    with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
        return json.load(response)
