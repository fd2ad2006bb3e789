"""Which kinds of columns can be compared."""

from collections.abc import Mapping

from slipway.data.schema import Kind

_ALONE = frozenset({"category", "date"})
"""Kinds that can be compared with themselves only; all others are numbers."""


def comparable(one: Kind, other: Kind) -> bool:
    """Whether values of two kinds mean the same: categories, dates, or numbers, integers and booleans."""
    return one == other or not {one, other} & _ALONE


def shared(before: Mapping[str, Kind | None], now: Mapping[str, Kind | None]) -> dict[str, Kind]:
    """The columns that two tables have with values that can be compared; name to the kind that holds for both.

    Args:
        before: Name to kind of the reference's columns; None for one without any value.
        now: Likewise, of the current data's.
    """
    both = ((name, kind, now.get(name)) for name, kind in before.items())
    return {name: one if one == two else "number" for name, one, two in both if one and two and comparable(one, two)}
