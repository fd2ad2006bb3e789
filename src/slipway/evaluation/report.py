"""The report: one HTML page that opens without the network and needs no script."""

from markupsafe import Markup

from slipway.evaluation import metrics
from slipway.evaluation.charts import charts
from slipway.evaluation.content import ReportData
from slipway.evaluation.scale import Scale
from slipway.evaluation.templating import environment

_COLUMNS = 500
"""Most input columns that are listed."""


def report(data: ReportData) -> str:
    """Writes the report.

    Args:
        data: The run.

    Returns:
        A whole HTML page below 1 MB.
    """
    drawn = [(chart.title, chart.caption, Markup(chart.svg)) for chart in charts(data)]  # noqa: S704 - our own drawing
    return (
        environment()
        .get_template("report.html")
        .render(
            data=data,
            verdict=data.verdict,
            target=data.schema.target,
            metric=metrics.get(data.verdict.metric),
            scale=Scale.over([standing.score for standing in data.verdict.candidates]),
            charts=drawn,
            shown=_COLUMNS,
        )
    )
