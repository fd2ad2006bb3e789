"""Whether data is still like the data that a model was trained on."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slipway.drift.findings import Findings
    from slipway.spec import Drift

__all__ = ["check"]


def check(
    reference: Any, current: Any, *,
    truth: str = "", prediction: str = "", time: str = "", positive: str = "", limits: "Drift | None" = None,
) -> "Findings":  # fmt: skip
    """Compares two dataframes: columns, dependence, and performance where the truth and predictions are named.

    Args:
        reference: A polars or pandas dataframe of at least ten rows.
        current: Likewise.
        truth: The column of what really was; empty for none.
        prediction: The column of predictions: classes, numbers, or the probability of the positive class.
        time: The column that orders rows in time; empty for the order of the rows.
        positive: The positive class of two; empty for the last one in sorting order.
        limits: When something counts as drifted; None for the defaults of the spec.

    Returns:
        What was found: ``severity``, ``columns``, ``parts``, ``to_json()`` and all numbers.

    Raises:
        DataError: A table has too few rows, no column in common, or a column that can't be read.
        UnknownNameError: A named column is not there.
    """
    from slipway.data.columns import of_frame
    from slipway.drift.answers import Named
    from slipway.drift.tables import compare
    from slipway.spec import Drift

    named = Named(truth, prediction, time, positive)
    tables = of_frame(reference), of_frame(current)
    for table, where in zip(tables, ("the reference", "the current data"), strict=True):
        named.check(table.kinds, where)
    return compare(*tables, limits or Drift(), named)
