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
    made = environment().get_template("card.md")
    return made.render(data=data, verdict=data.verdict, findings=data.findings, target=data.schema.target)
