"""Charts of what the values of a column add to predictions."""

from datetime import UTC, datetime

import numpy as np
from matplotlib.ticker import FuncFormatter

from slipway.data.schema import Schema
from slipway.evaluation import groups, plots
from slipway.evaluation.explanations import Explanations, Importance
from slipway.evaluation.plots import Chart
from slipway.evaluation.wording import capital, short

MOST = 6
"""Most columns that are drawn."""

_LEVELS = 8


def dependence(found: Explanations, schema: Schema) -> tuple[Chart, ...]:
    """Draws the columns that matter most.

    Args:
        found: The explanations.
        schema: The raw columns.
    """
    kinds = schema.kinds
    drawn = [one for one in found.columns if one.mean > 0 and kinds[one.column] != "text"][:MOST]
    return tuple(_chart(one, kinds[one.column], found.of, place) for place, one in enumerate(drawn, 1))


def _chart(one: Importance, kind: str, of: str, place: int) -> Chart:
    name = short(one.column, 40)
    if kind in ("category", "boolean"):
        return plots.chart(f"{place}. {name}", f"What each value adds to {of}, on average.", _levels(one, kind))
    return plots.chart(f"{place}. {name}", f"What a value adds to {of}. A dot is a row.", _values(one, kind))


def _levels(one: Importance, kind: str) -> plots.Draw:
    grouped = groups.of(one.column, one.values, "boolean" if kind == "boolean" else "category", levels=_LEVELS)
    means = [float(one.added[grouped.codes == at].mean()) for at in range(len(grouped.names))]
    order = np.argsort(-np.array(means), kind="stable")

    def draw(axes: plots.Axes) -> None:
        plots.bars(axes, [short(grouped.names[at], 18) for at in order], [means[at] for at in order])
        axes.set_xlabel("Added")

    return draw


def _values(one: Importance, kind: str) -> plots.Draw:
    known = np.isfinite(one.values)

    def draw(axes: plots.Axes) -> None:
        if known.any():
            plots.dots(axes, one.values[known], one.added[known], identity=False)
        if kind == "date":
            axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{datetime.fromtimestamp(at, UTC):%Y-%m}"))
        axes.set(xlabel=capital(short(one.column, 24)), ylabel="Added")

    return draw
