"""The drift report: one HTML page that opens without the network and needs no script."""

from dataclasses import dataclass

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from slipway.drift.comparison import ColumnDrift
from slipway.drift.estimate import LIMITS
from slipway.drift.findings import Findings
from slipway.drift.trend import trend
from slipway.evaluation.wording import capital, number, short

DRAWN = 60
"""Columns that are drawn; the others are in the table."""

LISTED = 2000
"""Columns that the table has."""

NAMED = 50
"""Columns that a sentence names."""

WINDOWS = 500
"""Windows of a metric that are drawn."""

BARS = 12
"""Bins of a column that are drawn: those that changed most."""

_TITLES = {
    "data": "Columns",
    "predictions": "Predictions",
    "target": "Target",
    "multivariate": "Dependence",
    "classifier": "Classifier",
    "performance": "Performance",
    "estimate": "Estimate",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of a column.

    Attributes:
        label: Its name.
        before: Share of the reference.
        now: Share of the current data.
        wide: Length of the reference's bar, in percent of the longest one of the column.
        wide_now: Likewise, of the current data.
    """

    label: str
    before: float
    now: float
    wide: float
    wide_now: float


def report(findings: Findings | None, name: str, against: str) -> str:
    """Writes the report.

    Args:
        findings: What was found; None when there was no reference to compare with.
        name: Name of the model.
        against: What the data was compared with, in words.

    Returns:
        A whole HTML page below 1 MB.
    """
    environment = Environment(
        loader=PackageLoader("slipway.drift"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"short": short, "bars": bars, "number": number, "capital": capital, "trend": trend}
    template = environment.get_template("report.html")
    return template.render(
        findings=findings,
        name=name,
        against=against,
        titles=_TITLES,
        limits=LIMITS,
        drawn=DRAWN,
        listed=LISTED,
        named=NAMED,
        windows=WINDOWS,
        most=BARS,
    )


def bars(column: ColumnDrift) -> list[Bar]:
    """The bins of a column that are worth drawing, in their order.

    Args:
        column: A column; bins that are empty on both sides are left out.
    """
    before, now = np.array(column.before), np.array(column.now)
    filled = np.flatnonzero(before + now)
    most = filled[np.argsort(-np.abs(now - before)[filled], kind="stable")[:BARS]]
    longest = max(before[most].max(), now[most].max()) / 100
    return [
        Bar(short(column.labels[at], 30), column.before[at], column.now[at], before[at] / longest, now[at] / longest)
        for at in sorted(most.tolist())
    ]
