"""A pipeline of one's own with components of slipway: is a table still what the champion was trained on?

``python examples/own_pipeline.py`` writes ``watch.yaml``, which the KFP dashboard takes.
"""

from kfp import compiler, dsl
from slipway.components import drift, validate

from slipway.orchestration.images import COMPONENTS


@dsl.component(base_image=COMPONENTS, install_kfp_package=False)
def tell(severity: str, columns: list[str]) -> str:
    """A component of one's own.

    Args:
        severity: What ``drift`` found.
        columns: Which columns it was.

    Returns:
        A sentence.
    """
    return f"{severity}: {', '.join(columns) or 'no column'}"


@dsl.pipeline(name="watch")
def watch(data: str, target: str, registry: str, name: str = "model") -> str:
    """Tells which columns of a table drifted from the champion's training data.

    Args:
        data: The table.
        target: The column that the champion predicts.
        registry: Where the champion is kept.
        name: Its name there.
    """
    checked = validate(data=data, target=target)
    found = drift(
        table=checked.outputs["table"], contract=checked.outputs["contract"], name=name, registry=registry
    ).set_caching_options(False)
    return tell(severity=found.outputs["severity"], columns=found.outputs["columns"]).output


if __name__ == "__main__":
    compiler.Compiler().compile(watch, "watch.yaml")
