"""Whether data is still like the data that a model was trained on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.drift.findings import Findings
    from slipway.spec import Drift

__all__ = ["check"]


def check(
    reference: Any, current: Any, *,
    truth: str = "", prediction: str = "", time: str = "", positive: str = "",
    importances: Mapping[str, float] | None = None, limits: "Drift | None" = None,
) -> "Findings":  # fmt: skip
    """Compares a dataframe with another: columns, dependence, and performance where truth and predictions are named.

    Args:
        reference: A polars or pandas dataframe of at least ten rows; or the profile of one
            (``slipway.drift.profile.Profile``), with which no classifier can compare.
        current: A polars or pandas dataframe of at least ten rows.
        truth: The column of what really was; empty for none. Where the reference has it and the current data has not,
            the scores of probabilities of two classes are estimated.
        prediction: The column of predictions: classes, numbers, or the probability of the positive class.
        time: The column that orders rows in time; empty for the order of the rows.
        positive: The positive class of two; empty for the last one in sorting order.
        importances: How much a model relies on each column, in any unit; by default what a profile says.
        limits: When something counts as drifted; None for the defaults of the spec.

    Returns:
        What was found: ``severity``, ``columns``, ``parts``, ``to_json()`` and all numbers, which are exact for two
        dataframes. ``slipway.drift.report.report`` makes a page of it.

    Raises:
        DataError: A table has too few rows, no column in common, or a column that can't be read; an importance is no
            number of at least 0.
        UnknownNameError: A named column, or one with an importance, is not there.
    """
    from slipway.data.columns import of_frame
    from slipway.drift import importance
    from slipway.drift.named import Named
    from slipway.drift.profile import Profile
    from slipway.drift.tables import compare
    from slipway.spec import Drift

    named = Named(truth, prediction, time, positive)
    before, now = reference if isinstance(reference, Profile) else of_frame(reference), of_frame(current)
    named.check(before.kinds, "the reference")
    awaited = named if isinstance(before, Profile) else named.arrived(now.kinds)
    awaited.check(now.kinds, "the current data")
    importance.check(importances or {}, before.kinds)
    return compare(before, now, limits or Drift(), named, importances)
