"""How much a model relies on each column."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np

from slipway.errors import DataError, UnknownNameError
from slipway.spec import Drift


def check(importances: Mapping[str, float], known: Collection[str]) -> None:
    """Looks at importances that someone gave.

    Args:
        importances: Name to how much the model relies on a column, in any unit.
        known: Names of the reference's columns.

    Raises:
        DataError: One is negative, infinite or not a number.
        UnknownNameError: The reference has no such column.
    """
    for name, value in importances.items():
        if name not in known:
            raise UnknownNameError(what="column", name=name, known=known, where="the reference")
        if not 0 <= value < np.inf:
            message = f"the importance of column {name!r} is {value!r}; it must be a number that is not negative"
            raise DataError(message)


def shares(names: Iterable[str], importances: Mapping[str, float]) -> list[float | None]:
    """Each column's share of all importance; None where it is not known.

    Args:
        names: The columns.
        importances: Name to importance.
    """
    total = sum(importances.values())
    return [importances[name] / total if total > 0 and name in importances else None for name in names]


def is_ignored(share: float | None, columns: int, limits: Drift) -> bool:
    """Whether the model hardly relies on a column.

    Args:
        share: Its share of all importance; None where it is not known.
        columns: The number of columns.
        limits: Says from which part of an equal share a column counts.
    """
    return share is not None and share * columns < limits.ignored
