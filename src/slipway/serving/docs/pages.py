"""What describes the models: the OpenAPI document, and a page for people."""

from pathlib import Path

from slipway.serving.bundles.models import Models
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response, json
from slipway.settings import Settings

_PAGE = Path(__file__).with_name("templates") / "docs.html"
_HEADERS = (
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
    ),
)


class Pages:
    """Handlers of the descriptions.

    Args:
        models: The models.
        settings: How the server answers.
    """

    def __init__(self, models: Models, settings: Settings) -> None:
        self._models = models
        self._settings = settings

    def openapi(self, request: Request) -> Response:
        """The OpenAPI document of a model."""
        from slipway.serving.docs.openapi import document  # only those who ask for it wait for it

        return json(document(self._models.choose(request), self._settings))

    def docs(self, _: Request) -> Response:
        """A page that reads the OpenAPI document; it needs nothing from elsewhere."""
        return Response(_PAGE.read_bytes(), headers=_HEADERS)
