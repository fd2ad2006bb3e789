"""The verdict on a challenger, and what else is found out about it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Schema
from slipway.evaluation import fairness, gates, telling
from slipway.evaluation.arrays import Floats
from slipway.evaluation.content import Findings
from slipway.evaluation.decision import decide
from slipway.evaluation.explanations import explanations
from slipway.evaluation.gates import Gate
from slipway.evaluation.remarks import remarks
from slipway.evaluation.returns import returns
from slipway.evaluation.sample import Sample
from slipway.evaluation.slices import search
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import Verdict, judge
from slipway.spec import Spec
from slipway.steps import testrows
from slipway.steps.challenger import Challenger


def findings(
    challenger: Challenger,
    sample: Sample,
    contenders: Sequence[Contender],
    champion: Contender | None,
    usual: Floats,
    schema: Schema,
    spec: Spec,
) -> Findings:
    """Looks at the challenger's answers from every side.

    Args:
        challenger: The challenger with the test rows.
        sample: The test rows.
        contenders: The candidates, the challenger first.
        champion: The champion; None when there is none.
        usual: Outputs of the baseline for the test rows.
        schema: The raw columns.
        spec: The spec.
    """
    first, target = contenders[0], schema.target
    kept = {name: values for name, values in challenger.inputs.items() if name in schema.kinds}
    deciding = [first, *([champion] if champion else [])]
    return Findings(
        slices=search(_errors(sample, first), testrows.parts(kept, schema), sample, spec.gates.confidence),
        treatments=fairness.treatments(
            testrows.sensitive(challenger.test.frame, schema), sample, first.outputs, target, spec, first.threshold
        ),
        explanations=explanations(
            challenger.engine.predict,
            challenger.inputs,
            sample.y,
            first.outputs,
            schema,
            threshold=first.threshold if isinstance(first.threshold, float) else 0.5,
            seed=spec.split.seed,
        ),
        returns=returns(sample, deciding, usual[0], target, spec),
    )


def judged(
    challenger: Challenger,
    sample: Sample,
    contenders: Sequence[Contender],
    champion: Contender | None,
    usual: Floats,
    found: Findings,
    schema: Schema,
    spec: Spec,
) -> Verdict:
    """The verdict; see ``findings`` for the arguments."""
    first = contenders[0]
    return judge(
        sample,
        contenders,
        usual,
        target=schema.target,
        spec=spec,
        champion=champion,
        measured=challenger.measured,
        others=[*_single_column(challenger, sample, schema, spec), *fairness.gates(found.treatments)],
        remarks=list(remarks(sample, first.outputs, first.threshold, schema.target)),
    )


def _single_column(challenger: Challenger, sample: Sample, schema: Schema, spec: Spec) -> list[Gate]:
    limit = spec.gates.max_single_column
    if limit is None:
        return []
    return [gates.single_column(telling.most(challenger.inputs, sample.y, schema.target, spec.split.seed), limit)]


def _errors(sample: Sample, first: Contender) -> NDArray[Any]:
    """1 where the decision is wrong, or the absolute error."""
    if first.outputs.ndim == 1:
        errors: NDArray[Any] = np.abs(sample.y - first.outputs)
        return errors
    wrong: NDArray[Any] = (decide(first.outputs, first.threshold) != sample.y).astype(np.float64)
    return wrong
