"""KFP's REST API: asked again while it is away, and its refusals in sentences."""

import base64
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import kfp_server_api
from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry
from kfp_server_api import ApiException
from urllib3.exceptions import HTTPError

from slipway.errors import PipelineError
from slipway.orchestration.remote.client import Client
from slipway.orchestration.remote.login import Login
from slipway.orchestration.remote.refusal import RefusalError, away, not_kfp, refused

T = TypeVar("T")

PAUSE_SECONDS = 1.0
"""Before the first repetition; later ones wait longer."""

GREETING_SECONDS = 10.0
PATIENCE_SECONDS = 120.0
_PAGE = 200


class Api:
    """KFP's API at one address.

    Args:
        reach: Gives the address, and makes sure that it can be reached.
        login: Who is asking.
        ca_file: Authorities that may have signed its certificate (PEM); None for the well-known ones.
        proxy: The HTTP proxy on the way; empty for none.

    Attributes:
        experiments, pipelines, uploads, runs, recurring: The services of the generated client.
    """

    def __init__(self, reach: Callable[[], str], login: Login, ca_file: Path | None = None, proxy: str = "") -> None:
        self._reach, self._login = reach, login
        self._client = Client(login, ca_file, proxy)
        self.experiments = kfp_server_api.ExperimentServiceApi(self._client)
        self.pipelines = kfp_server_api.PipelineServiceApi(self._client)
        self.uploads = kfp_server_api.PipelineUploadServiceApi(self._client)
        self.runs = kfp_server_api.RunServiceApi(self._client)
        self.recurring = kfp_server_api.RecurringRunServiceApi(self._client)

    def greet(self, namespace: str) -> None:
        """Makes sure that KFP is there before anything is sent.

        Args:
            namespace: The namespace of the user; empty for none.

        Raises:
            PipelineError: Nobody answers, it is not KFP, or it wants a namespace.
        """
        ask = kfp_server_api.HealthzServiceApi(self._client).healthz_service_get_healthz
        health = self._patiently(partial(self._ask, "tell how it is", ask), GREETING_SECONDS)
        url = self._client.configuration.host
        if health.multi_user is None:
            raise not_kfp(url, "its answer does not say whether it has several users")
        if health.multi_user and not namespace:
            message = f"KFP at {url} has several users: name your namespace with --namespace"
            raise PipelineError(message)

    def ask(self, doing: str, call: Callable[..., T], *args: Any, **options: Any) -> T:
        """Asks what may be asked twice.

        Args:
            doing: What is asked for, such as ``look at the run``.
            call: A method of one of the services.
            *args: Its arguments.
            **options: Its other arguments; those that are empty are left out.

        Raises:
            RefusalError: KFP refuses, or is away for minutes.
        """
        return self._patiently(partial(self._ask, doing, call, *args, **options), PATIENCE_SECONDS)

    def every(self, doing: str, call: Callable[..., Any], field: str, **options: Any) -> list[Any]:
        """Every item of a list, page after page; see ``ask``.

        Args:
            doing: What is asked for.
            call: A method that lists.
            field: Where its answer has the items.
            **options: Its arguments.
        """
        return self._patiently(partial(self._pages, doing, call, field, **options), PATIENCE_SECONDS)

    def once(self, doing: str, find: Callable[[], T | None], create: Callable[[], T]) -> tuple[T, bool]:
        """Creates what is not there yet. However often it is tried, there is one of it afterwards.

        An answer that was lost on its way back is no reason to create a second one: each attempt looks first.

        Args:
            doing: What is created, such as ``start the run``.
            find: Looks for it with ``look``.
            create: Creates it with a method of one of the services.

        Returns:
            It, and whether the last attempt created it.

        Raises:
            RefusalError: KFP refuses, or is away for minutes.
        """

        def attempt() -> tuple[T, bool]:
            found = find()
            if found is not None:
                return found, False
            try:
                return self._ask(doing, create), True
            except RefusalError as error:
                faster = find() if error.status == 409 else None
                if faster is None:
                    raise
                return faster, False

        return self._patiently(attempt, PATIENCE_SECONDS)

    def look(self, doing: str, call: Callable[..., Any], field: str, name: str, **options: Any) -> Any:
        """What has a display name, or None; asked a single time, for use within ``once``.

        Args:
            doing: What is created if it is not found.
            call: A method that lists.
            field: Where its answer has the items.
            name: The display name.
            **options: The method's other arguments.
        """
        found = self._pages(doing, call, field, filter=_named(name), **options)
        return next((item for item in found if item.display_name == name), None)

    def log(self, run_id: str, node: str) -> str:
        """What a pod of a run printed, from where the workflow archived it.

        KFP serves it at an address that its OpenAPI does not publish.

        Args:
            run_id: KFP's id of the run.
            node: The workflow's name of the pod, or of what the pod is a try of.

        Raises:
            RefusalError: There is none, or KFP does not pass it on.
        """
        ask = partial(
            self._client.call_api,
            "/apis/v2beta1/runs/{run}/nodes/{node}/artifacts/main-logs:read",
            "GET",
            path_params={"run": run_id, "node": node},
            header_params={"Accept": "application/json"},
            response_type="object",
            auth_settings=["Bearer"],
            _return_http_data_only=True,
        )
        answer = self._patiently(partial(self._ask, "read a step's log", ask), GREETING_SECONDS)
        return base64.b64decode(answer.get("data", "")).decode(errors="replace")

    def _pages(self, doing: str, call: Callable[..., Any], field: str, **options: Any) -> list[Any]:
        items: list[Any] = []
        token = ""
        while True:
            page = self._ask(doing, call, page_size=_PAGE, page_token=token, **options)
            items += getattr(page, field) or ()
            token = page.next_page_token
            if not token:
                return items

    def _patiently(self, attempt: Callable[[], T], seconds: float) -> T:
        again = Retry(predicate=_passing, initial=PAUSE_SECONDS, maximum=15.0, multiplier=2.0, timeout=seconds)
        try:
            return again(attempt)()
        except RetryError as error:
            last = error.cause
            message = f"{last} (asked again for {seconds:g} s)"
            raise RefusalError(message, getattr(last, "status", 0)) from None

    def _ask(self, doing: str, call: Callable[..., T], *args: Any, **options: Any) -> T:
        self._client.configuration.host = url = self._reach()
        try:
            return call(*args, **{name: value for name, value in options.items() if value not in ("", None)})
        except ApiException as error:
            raise refused(error, doing, url, self._login) from None
        except (HTTPError, OSError) as error:
            raise away(error, doing, url) from None
        except ValueError:
            raise not_kfp(url, f"its answer is not JSON when it is asked to {doing}") from None


def _passing(error: Exception) -> bool:
    return isinstance(error, RefusalError) and error.passing


def _named(name: str) -> str:
    """A filter as KFP wants it: encoded for a URL once by us, as the API says, and once more on its way."""
    return quote(json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "string_value": name}]}))
