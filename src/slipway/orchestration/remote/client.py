"""The client that is generated from KFP's OpenAPI, with the manners that it lacks.

``kfp.Client`` is not used: it prints links to stdout, takes whatever cluster the kubeconfig points at when no host is
given, keeps cookies and a namespace in the home folder, never asks twice, and waits for ever for a cancelled run. The
generated client beneath it waits for ever for an answer, follows the redirect to a login page, and takes the page for
an answer with nothing in it.
"""

import ipaddress
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import kfp_server_api
from urllib3 import Retry

from slipway.errors import PipelineError
from slipway.orchestration.remote.login import Login

_SECONDS = (5, 30)
"""Seconds that a connection, and then an answer, may take."""


class Client(kfp_server_api.ApiClient):  # type: ignore[misc]
    """Sends requests and reads answers.

    Args:
        login: Who is asking.
        ca_file: Authorities that may have signed KFP's certificate (PEM); None for the well-known ones.
        proxy: The HTTP proxy on the way; empty for none.

    Raises:
        PipelineError: There is no such file.
    """

    def __init__(self, login: Login, ca_file: Path | None = None, proxy: str = "") -> None:
        if ca_file and not ca_file.is_file():
            message = f"there is no file {str(ca_file)!r} with authorities: --ca-file takes a PEM file"
            raise PipelineError(message)
        super().__init__(_configuration(login, ca_file, proxy), cookie=login.cookie or None)

    def request(self, method: str, url: str, **options: Any) -> Any:
        """Sends a request with a time limit, and makes sure that its answer is KFP's.

        Raises:
            ValueError: The answer is not a JSON object.
        """
        answer = super().request(method, url, **{**options, "_request_timeout": _SECONDS})
        if not isinstance(json.loads(answer.data), dict):
            raise ValueError
        return answer


def proxy_of(url: str) -> str:
    """The proxy that the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) puts before an address; empty for none."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return "" if _is_here(host) or proxy_bypass(host) else getproxies().get(parts.scheme, "")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _configuration(login: Login, ca_file: Path | None, proxy: str) -> Any:
    configuration = kfp_server_api.Configuration()
    configuration.proxy = proxy or None
    configuration.retries = Retry(0, redirect=0, raise_on_redirect=False, raise_on_status=False)
    configuration.ssl_ca_cert = str(ca_file) if ca_file else None
    if login.bearer():
        configuration.api_key_prefix["authorization"] = "Bearer"
        configuration.api_key["authorization"] = login.bearer()
        configuration.refresh_api_key_hook = lambda mine: mine.api_key.update(authorization=login.bearer())
    return configuration
