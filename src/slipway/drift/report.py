"""The drift report: one HTML page that opens without the network and needs no script."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from slipway.drift.compare import Comparison

SHOWN = 60
"""Columns that are drawn; the others are listed."""


def report(comparison: Comparison | None, name: str, against: str) -> str:
    """Writes the report.

    Args:
        comparison: What was found; None when there was no reference to compare with.
        name: Name of the model.
        against: What the data was compared with, in words.

    Returns:
        A whole HTML page below 1 MB.
    """
    environment = Environment(
        loader=PackageLoader("slipway.drift"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.get_template("report.html")
    return template.render(comparison=comparison, name=name, against=against, shown=SHOWN)
