"""Who may ask: a bearer token from a file that may change."""

import hmac
import time
from pathlib import Path

from slipway.errors import ServingError
from slipway.serving.web.request import Request
from slipway.serving.web.response import HttpError

_LOOK_SECONDS = 1.0
_OPEN = ("/healthz", "/readyz")
_ASK = ((b"www-authenticate", b"Bearer"),)


class Token:
    """Refuses requests without the token; probes need none.

    Args:
        file: The file that holds it. A new one counts within a second; while the file can't be read, the last one does.

    Raises:
        ServingError: The file can't be read, or is empty.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._looked = 0.0
        self._stamp = (0, 0)
        self._expected = b""
        self._look()
        if not self._expected:
            message = f"the token file {str(file)!r} can't be read, or it is empty"
            raise ServingError(message)

    def __call__(self, request: Request) -> None:
        """Checks a request.

        Raises:
            HttpError: 401.
        """
        if time.monotonic() - self._looked > _LOOK_SECONDS:
            self._look()
        scheme, _, token = request.header(b"authorization").partition(b" ")
        if request.path in _OPEN:
            return
        if scheme.lower() != b"bearer" or not hmac.compare_digest(token.strip(), self._expected):
            raise HttpError(401, "this server needs a bearer token in the header Authorization", "token", _ASK)

    def _look(self) -> None:
        self._looked = time.monotonic()
        try:
            found = self._file.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._expected = self._file.read_bytes().strip() or self._expected
                self._stamp = stamp
        except OSError:
            return
