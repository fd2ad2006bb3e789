"""What shows KFP who is asking: a token, or a cookie."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from slipway.errors import PipelineError

TOKEN = "SLIPWAY_KFP_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variable with a bearer token."""

COOKIE = "SLIPWAY_KFP_COOKIE"
"""Environment variable with the session cookie of a login page in front of KFP, as NAME=VALUE."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who is asking. Secrets come from the environment or from files, and are in no ``repr``.

    Attributes:
        token: A bearer token; empty for none.
        token_file: File with one, which may change: a service account's token is renewed while a run goes on.
        cookie: A cookie, as NAME=VALUE; empty for none.
    """

    token: str = field(default="", repr=False)
    token_file: Path | None = None
    cookie: str = field(default="", repr=False)

    @classmethod
    def read(cls, token_file: Path | None, cookie_file: Path | None, environment: Mapping[str, str]) -> "Login":
        """What files and variables hold; a file goes before its variable.

        Args:
            token_file: File with a token, or None.
            cookie_file: File with a cookie, or None.
            environment: The variables.

        Raises:
            PipelineError: A file can't be read or is empty, or the cookie is not NAME=VALUE.
        """
        cookie = _content(cookie_file, "cookie") if cookie_file else environment.get(COOKIE, "").strip()
        if cookie and "=" not in cookie:
            where = f"the file {str(cookie_file)!r}" if cookie_file else COOKIE
            message = f"{where} does not hold a cookie: write it as NAME=VALUE, such as authservice_session=…"
            raise PipelineError(message)
        token = "" if token_file else environment.get(TOKEN, "").strip()
        login = cls(_one_line(token, TOKEN), token_file, _one_line(cookie, "the cookie"))
        login.bearer()
        return login

    def bearer(self) -> str:
        """The token as it is now; empty for none.

        Raises:
            PipelineError: The file can't be read or is empty.
        """
        if self.token_file is None:
            return self.token
        return _one_line(_content(self.token_file, "token"), f"the file {str(self.token_file)!r}")

    def __str__(self) -> str:
        """Where the secrets are from, for a sentence."""
        token = (
            f"the token in {str(self.token_file)!r}" if self.token_file else f"the token in {TOKEN}" * bool(self.token)
        )
        given = [item for item in (token, "a cookie" * bool(self.cookie)) if item]
        return " and ".join(given) or "neither a token nor a cookie"


def _content(path: Path, what: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"the {what} file {str(path)!r} can't be read: {getattr(error, 'strerror', None) or error}"
        raise PipelineError(message) from None
    if not text:
        message = f"the {what} file {str(path)!r} is empty"
        raise PipelineError(message)
    return text


def _one_line(secret: str, where: str) -> str:
    """A header can't hold a line break, and the library's own error would print the whole value."""
    if not secret.isprintable() or not secret.isascii():
        message = f"{where} holds more than one line, or characters that no header can have"
        raise PipelineError(message)
    return secret
