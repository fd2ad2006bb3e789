"""A named cluster, and its refusals in sentences."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import kubernetes
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from slipway.errors import RolloutError

Client = Any

_RETRIES = Retry(
    total=7,
    backoff_factor=0.5,
    backoff_max=8,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=("GET", "PUT", "PATCH", "DELETE"),
    raise_on_status=False,
)
"""An API server that is away is asked again for about half a minute."""


class RefusedError(RolloutError):
    """The cluster refuses a request.

    Attributes:
        status: The HTTP status that it answered with.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def connect(context: str) -> Client:
    """A client of the cluster that a context names, or of the one that this process runs in.

    Args:
        context: A context of the kubeconfig; empty inside a cluster.

    Raises:
        RolloutError: There is no such context, no kubeconfig, or no cluster around this process.
    """
    try:
        configuration = kubernetes.client.Configuration()
        configuration.retries = _RETRIES
        if context:
            kubernetes.config.load_kube_config(context=context, client_configuration=configuration)
        else:
            kubernetes.config.load_incluster_config(client_configuration=configuration)
        return kubernetes.client.ApiClient(configuration)
    except ConfigException as error:
        raise RolloutError(_unknown(context, error)) from None
    except (OSError, ValueError) as error:
        message = f"the kubeconfig can't be used: {error}"
        raise RolloutError(message) from None


@contextmanager
def told(doing: str, context: str) -> Iterator[None]:
    """Turns what the cluster answers into a sentence.

    Args:
        doing: What was tried, such as ``apply Deployment 'churn' in namespace 'default'``.
        context: The context, for the sentence.
    """
    where = f"context {context!r}" if context else "the cluster"
    try:
        yield
    except ApiException as error:
        said, status = _message(error.body) or str(error.reason), int(error.status or 0)
        message = f"{where} refused to {doing} ({status}): {said}{_advice(status, said)}"
        raise RefusedError(message, status) from None
    except (HTTPError, OSError) as error:
        message = f"{where} can't be reached to {doing}: {error}"
        raise RolloutError(message) from None


def _unknown(context: str, error: Exception) -> str:
    if not context:
        return "no cluster is named, and this process runs in none: name one with --context NAME"
    try:
        names = [item["name"] for item in kubernetes.config.list_kube_config_contexts()[0]]
    except (ConfigException, OSError):
        return f"context {context!r} can't be used: {error}"
    near = get_close_matches(context, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"context {context!r} can't be used{hint}: {error}; there are: {', '.join(map(repr, names)) or 'none'}"


def _message(body: Any) -> str:
    try:
        return " ".join(str(json.loads(body)["message"]).split())
    except (ValueError, KeyError, TypeError):
        return " ".join(str(body or "").split())[:300]


def _advice(status: int, said: str) -> str:
    if status == 401:
        return "; log in to the cluster again"
    if status == 403:
        return "; bind the Role slipway-deployer of manifests/base, which allows it, to who runs this"
    if status == 404 and "namespaces" in said:
        return "; create the namespace first, or name another one in serving.namespace"
    if status == 404 and "page not found" in said:
        return "; the cluster does not know this kind of object: install its CRD, or leave that setting out of the spec"
    if status == 409:
        return "; someone else manages these fields: let go of them there, or serve under another name"
    return ""
