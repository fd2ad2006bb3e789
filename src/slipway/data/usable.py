"""Which rows of a table may be used, and why the others may not."""

from collections.abc import Callable

import polars as pl

from slipway.spec import Spec

NO_TARGET = "no target"
NO_CONSENT = "no consent"
NO_ENTITY = "no entity"

YES = ("true", "yes", "y", "1", "1.0")
"""What says that a row may be used, in any case."""


def usable(frame: pl.DataFrame, spec: Spec) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows with consent, a target and an entity, where the spec asks for them.

    Args:
        frame: Rows.
        spec: The spec: consent, target, entity.

    Returns:
        The rows, and how many others there are for each reason; a row counts for the first one only.
    """
    dropped = {}
    for reason, column, test in _tests(spec):
        fits = test(frame[column])
        dropped[reason] = int((~fits).sum())
        frame = frame.filter(fits)
    return frame, dropped


def _tests(spec: Spec) -> list[tuple[str, str, Callable[[pl.Series], pl.Series]]]:
    tests = [
        (NO_CONSENT, spec.consent, _says_yes),
        (NO_TARGET, spec.target, pl.Series.is_not_null),
        (NO_ENTITY, spec.entity, pl.Series.is_not_null),
    ]
    return [(reason, column, test) for reason, column, test in tests if column]


def _says_yes(values: pl.Series) -> pl.Series:
    return values.cast(pl.String).str.to_lowercase().is_in(YES).fill_null(False)
