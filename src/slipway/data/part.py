"""A part of a table whose columns have types of their own."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import polars as pl

from slipway.data.schema import Kind


class Typed(Protocol):
    """A part of a table, such as a Parquet file."""

    @property
    def name(self) -> str:
        """What errors call it."""

    def names(self) -> list[str]:
        """Names of all columns."""

    def kinds(self, ignore: frozenset[str]) -> dict[str, Kind | None]:
        """The kind of each column; None for one that is nothing but nulls, without a type.

        Args:
            ignore: Columns to leave out.

        Raises:
            DataError: The part is damaged, or a column has a type that is no single value.
        """

    def batches(self, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The rows.

        Args:
            names: Columns to read.

        Raises:
            DataError: The part is damaged.
        """

    def rows(self) -> int:
        """Number of rows."""
