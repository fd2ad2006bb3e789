"""The rows that a SQL query gives, read once through SQLAlchemy with a cursor on the server's side."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from slipway.data.parquet import Parquet
from slipway.data.spool import spool
from slipway.errors import DataError, SpecError
from slipway.spec import Origin

if TYPE_CHECKING:
    import sqlalchemy

_BATCH_ROWS = 1 << 16
_SECRETS = ("password", "passwd", "pwd", "secret", "token", "key")
_NAME = "the query"


def read(url: str, origin: Origin) -> tuple[Parquet, ...]:
    """Runs a query and keeps its rows, so that every later look sees the same ones.

    Args:
        url: A SQLAlchemy URL without a password.
        origin: The query, and where the password is.

    Raises:
        SpecError: SQLAlchemy or the database's driver is not installed, or the URL holds a secret or is none.
        DataError: The database can't be reached, refuses the query, or the query gives no row.
    """
    try:
        import sqlalchemy
    except ImportError:
        message = "reading from a database needs SQLAlchemy; install it with: pip install 'kfp-slipway[sql]'"
        raise SpecError(message) from None
    target = _url(url, origin)
    with contextlib.closing(_Query(_engine(target), origin.query)) as query:
        try:
            parts = spool(_NAME, query.frames())
        except sqlalchemy.exc.SQLAlchemyError as error:
            why = " ".join(str(getattr(error, "orig", None) or error).split())
            message = f"the query at {target.render_as_string()!r} failed: {why}"
            raise DataError(message) from None
    if not parts:
        message = f"the query at {target.render_as_string()!r} gives no row"
        raise DataError(message)
    return parts


class _Query:
    def __init__(self, engine: "sqlalchemy.Engine", text: str) -> None:
        self._engine = engine
        self._text = text

    def frames(self) -> Iterator[pl.DataFrame]:
        import sqlalchemy

        with self._engine.connect().execution_options(stream_results=True, yield_per=_BATCH_ROWS) as connection:
            result = connection.execute(sqlalchemy.text(self._text))
            if not result.returns_rows:
                message = "the query under 'origin.query' gives no rows; write a SELECT"
                raise SpecError(message)
            names = list(result.keys())
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                message = f"the query gives two columns named {twice!r}; name them apart with AS"
                raise DataError(message)
            for rows in result.partitions():
                columns = zip(names, zip(*rows, strict=True), strict=True)
                yield pl.DataFrame([_column(name, values) for name, values in columns])

    def close(self) -> None:
        self._engine.dispose()


def _url(url: str, origin: Origin) -> "sqlalchemy.URL":
    import sqlalchemy

    try:
        parsed = sqlalchemy.make_url(url)
    except sqlalchemy.exc.ArgumentError:
        message = "'origin.query' is set, so 'data' should be a SQLAlchemy URL, such as postgresql+psycopg://user@host/database"
        raise SpecError(message) from None
    hidden = next((name for name in parsed.query if any(word in name.lower() for word in _SECRETS)), None)
    if parsed.password is not None or hidden is not None:
        message = (
            f"the URL of the database holds {'a password' if hidden is None else repr(hidden)}, which would be written "
            f"into logs and bundles: take it out, and put the password into the environment variable "
            f"{origin.password_env}"
        )
        raise SpecError(message)
    return parsed.set(password=os.environ.get(origin.password_env))


def _engine(url: "sqlalchemy.URL") -> "sqlalchemy.Engine":
    import sqlalchemy

    try:
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    except sqlalchemy.exc.NoSuchModuleError:
        message = f"SQLAlchemy knows no database {url.drivername!r}; 'data' should begin as in postgresql+psycopg://"
        raise SpecError(message) from None
    except ImportError as error:
        message = f"reading from {url.drivername} needs its driver: {error}; install it with: pip install {error.name}"
        raise SpecError(message) from None


def _column(name: str, values: Sequence[Any]) -> pl.Series:
    """A column in the type of its values; as text where they have several, or one that is no column's."""
    with contextlib.suppress(TypeError, OverflowError, pl.exceptions.PolarsError):
        series = pl.Series(name, values, strict=True)
        if series.dtype != pl.Object:
            return series
    if all(value is None or isinstance(value, int | float) for value in values):
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
