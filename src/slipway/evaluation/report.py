"""The report: one HTML page that opens without the network and needs no script."""

from collections.abc import Iterable

from markupsafe import Markup

from slipway.evaluation import metrics
from slipway.evaluation.charts import charts
from slipway.evaluation.content import ReportData
from slipway.evaluation.dependence import dependence
from slipway.evaluation.plots import Chart
from slipway.evaluation.scale import Scale
from slipway.evaluation.templating import environment

_COLUMNS = 500
"""Most input columns that are listed."""

_PARTS = 60
"""Most parts of single columns, and most groups of people, that are listed."""

_IMPORTANT = 20
"""Most columns whose importance is listed."""


def report(data: ReportData) -> str:
    """Writes the report.

    Args:
        data: The run.

    Returns:
        A whole HTML page below 1 MB.
    """
    explained = data.findings.explanations
    return (
        environment()
        .get_template("report.html")
        .render(
            data=data,
            verdict=data.verdict,
            findings=data.findings,
            target=data.schema.target,
            metric=metrics.get(data.verdict.metric),
            scale=Scale.over([standing.score for standing in data.verdict.candidates]),
            charts=_marked(charts(data)),
            dependence=_marked(dependence(explained, data.schema)) if explained else [],
            shown=_COLUMNS,
            parts=_PARTS,
            important=_IMPORTANT,
        )
    )


def _marked(drawn: Iterable[Chart]) -> list[tuple[str, str, Markup]]:
    return [(one.title, one.caption, Markup(one.svg)) for one in drawn]  # noqa: S704 - our own drawing
