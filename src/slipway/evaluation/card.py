"""The model card: what the model is, how good it is, and what to do when it is not."""

from slipway.evaluation.content import ReportData
from slipway.evaluation.templating import environment


def card(data: ReportData) -> str:
    """Writes the model card (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, for the headings).

    Args:
        data: The run.

    Returns:
        Markdown.
    """
    made = environment()
    made.filters["cell"] = _cell
    return made.get_template("card.md").render(data=data, verdict=data.verdict, target=data.schema.target)


def _cell(text: object) -> str:
    """Text that stays in its table cell and is not taken for markup."""
    line = " ".join(str(text).split())
    for mark in "\\`*_[]<>|":
        line = line.replace(mark, f"\\{mark}")
    return line
