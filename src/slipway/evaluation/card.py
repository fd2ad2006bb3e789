"""The model card: what the model is, how good it is, and what to do when it is not."""

from slipway.evaluation.content import ReportData
from slipway.evaluation.templating import environment
from slipway.evaluation.wording import markdown


def card(data: ReportData) -> str:
    """Writes the model card (Mitchell et al., "Model Cards for Model Reporting", FAT* 2019, for the headings).

    Args:
        data: The run.

    Returns:
        Markdown.
    """
    made = environment()
    made.filters["cell"] = markdown
    return made.get_template("card.md").render(data=data, verdict=data.verdict, target=data.schema.target)
