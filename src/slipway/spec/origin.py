"""How a table is read where its URI does not say it all."""

from typing import Annotated

from pydantic import Field

from slipway.spec.section import Section


class Origin(Section):
    """What a SQL query or a Delta Lake table needs besides ``data``."""

    query: str = ""
    """The SELECT whose rows are the table; ``data`` is then the SQLAlchemy URL of a database, without a password."""
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = "SLIPWAY_SQL_PASSWORD"  # noqa: S105 - its name
    """Environment variable that holds the database's password."""
    version: int | None = Field(default=None, ge=0)
    """Version of a Delta Lake table; null for the newest."""
