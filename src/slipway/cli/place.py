"""Options that say where KFP is and who is asking, shared by every command that talks to it."""

import functools
import inspect
import os
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec

import typer

from slipway.cli.interrupts import any_end_is_an_interrupt
from slipway.errors import PipelineError

if TYPE_CHECKING:
    from slipway.orchestration.remote.api import Api

P = ParamSpec("P")

ENDPOINT, DASHBOARD, TOKEN_FILE = "KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KF_PIPELINES_SA_TOKEN_PATH"
"""Environment variables that KFP's own SDK reads too."""


@dataclass(frozen=True, slots=True)
class Place:
    """A KFP, and who is asking it.

    Attributes:
        endpoint: Address of its API; empty when it is reached through a cluster.
        context: The kubeconfig context of its cluster; empty when its address is given.
        kfp_namespace: Where KFP is installed.
        namespace: The user's namespace, where KFP has several users.
        token_file, cookie_file, ca_file: Files with secrets and authorities; None for none.
        dashboard: Address of its dashboard; empty for the endpoint's.
    """

    endpoint: str
    context: str
    kfp_namespace: str
    namespace: str
    token_file: Path | None
    cookie_file: Path | None
    ca_file: Path | None
    dashboard: str

    @contextmanager
    def connected(self) -> Iterator["Api"]:
        """KFP's API, after it was seen to answer.

        Raises:
            PipelineError: It can't be reached, is not KFP, or a secret can't be read.
        """
        from slipway.orchestration.remote.api import Api
        from slipway.orchestration.remote.client import proxy_of
        from slipway.orchestration.remote.login import Login
        from slipway.orchestration.remote.tunnel import Tunnel

        login = Login.read(self.token_file, self.cookie_file, os.environ)
        with any_end_is_an_interrupt(), Tunnel(self.context, self.kfp_namespace) as tunnel:
            reach = tunnel.url if self.context else lambda: self.endpoint
            api = Api(reach, login, self.ca_file, proxy_of(self.endpoint))
            api.greet(self.namespace)
            yield api

    def page(self, run_id: str) -> str:
        """The run's page in the dashboard; through a cluster, of a dashboard that is forwarded with ``forward``."""
        from slipway.orchestration.remote.run import link

        return link(self.dashboard or self.endpoint or "http://127.0.0.1:8080", run_id)

    @property
    def forward(self) -> str:
        """A command that brings the dashboard to this machine; empty when it can be reached."""
        if self.dashboard or self.endpoint:
            return ""
        return f"{self._kubectl} --namespace {self.kfp_namespace} port-forward service/ml-pipeline-ui 8080:80"

    def logs(self, run_id: str) -> str:
        """A command that prints what the run's pods said, which KFP's API does not tell."""
        namespace = self.namespace or self.kfp_namespace
        selector = f"--selector pipeline/runid={run_id} --container main --prefix --tail 50"
        return f"{self._kubectl} --namespace {namespace} logs {selector}"

    def again(self, command: str) -> str:
        """A command of ours for the same place; secrets are left to the environment."""
        where = f"--context {shlex.quote(self.context)}" if self.context else f"--endpoint {shlex.quote(self.endpoint)}"
        return f"slipway {command} {where}"

    @property
    def _kubectl(self) -> str:
        return f"kubectl --context {shlex.quote(self.context)}" if self.context else "kubectl"


def place(
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="URL", help="KFP's address, before /apis.", show_default=f"${ENDPOINT}")
    ] = "",
    context: Annotated[
        str,
        typer.Option("--context", help="Instead: a kubeconfig context whose KFP is reached by kubectl port-forward."),
    ] = "",
    kfp_namespace: Annotated[
        str, typer.Option("--kfp-namespace", help="With --context: where KFP is installed.")
    ] = "kubeflow",
    namespace: Annotated[
        str, typer.Option("--namespace", help="Your namespace, where KFP has several users.")
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="A bearer token; read anew for each request.",
            show_default=f"${TOKEN_FILE}, or the token in $SLIPWAY_KFP_TOKEN",
        ),
    ] = None,
    cookie_file: Annotated[
        Path | None,
        typer.Option(
            "--cookie-file", metavar="FILE", help="A login's cookie, as NAME=VALUE.",
            show_default="the one in $SLIPWAY_KFP_COOKIE",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="Authority of KFP's certificate (PEM).")
    ] = None,
    dashboard: Annotated[
        str,
        typer.Option(
            "--dashboard", metavar="URL", help="The dashboard's address, for links.",
            show_default=f"${DASHBOARD}, or the endpoint",
        ),
    ] = "",
) -> Place:  # fmt: skip
    """What the options and the environment say.

    Raises:
        PipelineError: No KFP is named, or two.
    """
    if endpoint and context:
        message = "--endpoint and --context both say where KFP is: keep one of them"
        raise PipelineError(message)
    endpoint = endpoint or ("" if context else os.environ.get(ENDPOINT, ""))
    if not endpoint and not context:
        message = (
            f"no KFP is named: say where it is with --endpoint URL or the variable {ENDPOINT}, or in which cluster "
            "with --context NAME (kubectl config get-contexts lists them)"
        )
        raise PipelineError(message)
    if endpoint and not endpoint.startswith(("http://", "https://")):
        message = f"--endpoint is {endpoint!r}; it should begin with https:// or http://"
        raise PipelineError(message)
    mounted = os.environ.get(TOKEN_FILE, "")
    return Place(
        endpoint=endpoint.rstrip("/"),
        context=context,
        kfp_namespace=kfp_namespace,
        namespace=namespace,
        token_file=token_file or (Path(mounted) if mounted else None),
        cookie_file=cookie_file,
        ca_file=ca_file,
        dashboard=(dashboard or os.environ.get(DASHBOARD, "")).rstrip("/"),
    )


def at_kfp(command: Callable[Concatenate[Place, P], None]) -> Callable[..., None]:
    """Gives a command the options of ``place``, and hands it what they say as its first argument."""
    shared = inspect.signature(place).parameters
    own = list(inspect.signature(command).parameters.values())[1:]

    @functools.wraps(command)
    def wrapper(**given: Any) -> None:
        where = place(**{name: given.pop(name) for name in shared})
        command(where, **given)  # type: ignore[call-arg]

    parameters = [item.replace(kind=inspect.Parameter.KEYWORD_ONLY) for item in (*own, *shared.values())]
    wrapper.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return wrapper
