"""What went wrong between us and KFP, in sentences."""

import json
from typing import Any
from urllib.parse import urlsplit

from kfp_server_api import ApiException
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from slipway.errors import PipelineError

_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class RefusalError(PipelineError):
    """KFP refuses, is away, or is not KFP.

    Attributes:
        status: The HTTP status that it answered with; 0 when it did not answer.
        passing: Whether it may pass, so that asking again makes sense.
    """

    def __init__(self, sentence: str, status: int = 0, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.status = status
        self.passing = passing


def refused(error: ApiException, doing: str, url: str, login: object) -> RefusalError:
    """The refusal for an answer that is not 2xx.

    Args:
        error: What the library raised.
        doing: What was tried, such as ``start the run``.
        url: Where KFP is.
        login: Where the secrets are from, for the sentence.
    """
    status = int(error.status or 0)
    if not status:
        return _tls(str(error.reason), url)
    if 300 <= status < 400:
        return RefusalError(_redirected(error, url, login), status)
    said = _said(error.body)
    if not said and status in (404, 405):
        return not_kfp(url, f"it answers {status}")
    why = f": {said}" if said else f": {error.reason}"
    return RefusalError(
        f"KFP at {url} refused to {doing} ({status}){why}{_advice(status, login)}", status, passing=status in _PASSING
    )


def away(error: HTTPError | OSError, doing: str, url: str) -> RefusalError:
    """The refusal when there is no answer.

    Args:
        error: What the library raised.
        doing: What was tried.
        url: Where KFP is.
    """
    reason = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(reason, SSLError):
        return _tls(str(reason), url)
    if isinstance(reason, NameResolutionError):
        return RefusalError(f"there is no host {urlsplit(url).hostname!r}, so {url} can't be asked to {doing}")
    if isinstance(reason, NewConnectionError):
        why = str(reason).rpartition("] ")[2]
        sentence = f"{url} can't be reached to {doing}: {why}. Is KFP up, and is the address right?"
        return RefusalError(sentence, passing=True)
    if isinstance(reason, ConnectTimeoutError | ReadTimeoutError):
        return RefusalError(f"KFP at {url} did not answer in time when it was asked to {doing}", passing=True)
    return RefusalError(f"KFP at {url} can't be reached to {doing}: {reason}", passing=True)


def not_kfp(url: str, why: str) -> RefusalError:
    """The refusal of something that answers, but not as KFP does."""
    return RefusalError(
        f"what answers at {url} is not the API of KFP v2: {why}; name the address before /apis/v2beta1, such as "
        "https://HOST/pipeline in Kubeflow or http://ml-pipeline.kubeflow:8888 inside a cluster"
    )


def _said(body: Any) -> str:
    """The sentence in an answer of KFP's API, or of its upload; empty when it is from neither."""
    try:
        content = json.loads(body)
        text = content.get("error_message") or content.get("message") or content.get("error") or ""
    except (ValueError, TypeError, AttributeError):
        return ""
    return " ".join(str(text).split())[:500]


def _redirected(error: ApiException, url: str, login: object) -> str:
    location = urlsplit(str((error.headers or {}).get("Location", "")))
    there = location._replace(query="", fragment="").geturl() or "another page"
    return (
        f"{url} sends us on to {there}, as a login page does; it was asked with {login}. "
        "Give it a token or the cookie of a login: see docs/submit.md"
    )


def _tls(reason: str, url: str) -> RefusalError:
    words = " ".join(reason.split())
    if "CERTIFICATE_VERIFY_FAILED" in words:
        remedy = "; name the authority that signed its certificate with --ca-file FILE"
    elif "WRONG_VERSION_NUMBER" in words or "record layer" in words:
        remedy = "; it seems to speak plain http there: write http:// instead of https://"
    else:
        remedy = ""
    return RefusalError(f"no TLS connection to {url}: {words}{remedy}")


def _advice(status: int, login: object) -> str:
    if status == 401:
        return f"; it was asked with {login}, which may have expired: see docs/submit.md"
    if status == 403:
        return f"; it was asked with {login}: have a Role bound to whom that stands for, or name your --namespace"
    return ""
