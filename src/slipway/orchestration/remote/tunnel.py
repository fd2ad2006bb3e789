"""``kubectl port-forward`` to KFP in a named cluster."""

import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from slipway.errors import PipelineError

SERVICE, PORT = "ml-pipeline", 8888
"""KFP's API in every installation of it."""

_SECONDS = 30.0
_POLL_SECONDS = 0.05
_FORWARDING = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")


class Tunnel:
    """A port of this machine that leads to KFP's API; opened when it is needed, and again when it broke.

    Args:
        context: The kubeconfig context; no other cluster is ever touched.
        namespace: Where KFP is installed.
    """

    def __init__(self, context: str, namespace: str) -> None:
        self._context, self._namespace = context, namespace
        self._process: subprocess.Popen[bytes] | None = None
        self._said = tempfile.TemporaryDirectory()
        self._url = ""

    def url(self) -> str:
        """The API's address on this machine.

        Raises:
            PipelineError: kubectl is missing, knows no such context, or can't reach the service.
        """
        if self._process is None or self._process.poll() is not None:
            self._url = self._open()
        return self._url

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._close()
        self._said.cleanup()

    def _open(self) -> str:
        program = shutil.which("kubectl")
        if program is None:
            message = (
                "--context needs kubectl, which is not on the PATH: install it, or name the API with --endpoint URL"
            )
            raise PipelineError(message)
        where = ["--context", self._context, "--namespace", self._namespace]
        what = ["port-forward", "--address", "127.0.0.1", f"service/{SERVICE}", f":{PORT}"]
        out, err = Path(self._said.name, "out"), Path(self._said.name, "err")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - kubectl, with checked words
                [program, *where, *what],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,  # an interrupt is for us, and the tunnel is needed until we have dealt with it
            )
        return self._opened(self._process, out, err)

    def _opened(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> str:
        deadline = time.monotonic() + _SECONDS
        while True:
            ended = process.poll() is not None or time.monotonic() > deadline
            found = _FORWARDING.search(out.read_text(errors="replace"))
            if found and not ended:
                return f"http://127.0.0.1:{found[1]}"
            if ended:
                self._close()
                raise PipelineError(self._refusal(err.read_text(errors="replace")))
            time.sleep(_POLL_SECONDS)

    def _close(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def _refusal(self, said: str) -> str:
        words = " ".join(said.split()).removeprefix("error: ") or f"it said nothing for {_SECONDS:g} s"
        return (
            f"no tunnel to service {SERVICE!r} in namespace {self._namespace!r} of context {self._context!r}: {words}"
            f"{_advice(words)}"
        )


def _advice(words: str) -> str:
    if "context" in words and "does not exist" in words:
        return "; 'kubectl config get-contexts' lists them"
    if "NotFound" in words or "not found" in words:
        return "; say where KFP is installed with --kfp-namespace"
    return ""
