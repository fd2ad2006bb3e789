"""What a person should know of a model whatever the verdict is."""

from collections.abc import Iterator

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation.arrays import Floats
from slipway.evaluation.decision import Rule, decide
from slipway.evaluation.sample import Sample
from slipway.evaluation.wording import count, listing, number, short

_FEW = 10
"""Test rows of a class below which its scores say little."""


def remarks(sample: Sample, outputs: Floats, threshold: Rule, target: Target) -> Iterator[str]:
    """Looks at the answers for the test rows.

    Args:
        sample: The test rows.
        outputs: Probabilities (n, k) or predictions (n,).
        threshold: The rule that decides.
        target: The target.
    """
    if target.task == "regression":
        return
    rows = np.bincount(sample.y, minlength=len(target.classes))
    answered = np.bincount(decide(outputs, threshold), minlength=len(target.classes))
    never: list[int] = np.flatnonzero((answered == 0) & (rows > 0)).tolist()
    if never:
        names = listing([repr(short(target.classes[at])) for at in never[:5]])
        more = f" and {len(never) - 5} more" if len(never) > 5 else ""
        missed = count(int(rows[never].sum()))
        advice = _advice(threshold, target)
        yield f"It never answers {names}{more}: all {missed} such test rows are answered otherwise. {advice}"
    few = [at for at in np.flatnonzero(rows < _FEW).tolist() if rows[at]]
    if few:
        said = listing([f"{short(target.classes[at])!r} ({rows[at]})" for at in few[:5]])
        yield f"Few test rows hold {said}; what is said of such rows rests on little."


def _advice(threshold: Rule, target: Target) -> str:
    if target.task == "binary" and isinstance(threshold, float):
        return (
            f"Its threshold is {number(threshold)}; set threshold: f1 or balanced_accuracy, name 'costs', or use the "
            "probabilities and not the answers."
        )
    return "Use the probabilities and not the answers, or name 'costs'."
