"""The sentences that say why a challenger is promoted or not."""

from collections.abc import Sequence

from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.gains import SEEDS, TIES
from slipway.evaluation.gates import Gate
from slipway.evaluation.metrics import Metric
from slipway.evaluation.wording import capital, count, listing, number, percent, plain, span


def reason(
    challenger: str,
    champion: str | None,
    metric: Metric,
    gain: Interval,
    gates: Sequence[Gate],
    *,
    rows: int,
    confidence: float,
) -> str:
    """Why the verdict is what it is.

    Args:
        challenger: The challenger's name.
        champion: What the champion is called; None when there is none.
        metric: What decided.
        gain: Gain over the champion, or over the baseline without one.
        gates: How each gate went.
        rows: Test rows.
        confidence: Confidence of the interval.
    """
    failed = [gate for gate in gates if not gate.passed]
    by = f"{_size(gain)} {metric.title} ({percent(confidence)} interval {span(gain.low, gain.high)})"
    if not failed and champion:
        return f"{challenger} beats {champion} by {by} on the same {count(rows)} test rows, and every gate passes."
    if not failed:
        return (
            f"{challenger} beats the baseline by {by} on {count(rows)} test rows, every gate passes, "
            "and there is no champion yet."
        )
    refusals = [gate.sentence for gate in failed if gate.name not in TIES]
    if refusals:
        stays = f" {capital(champion)} stays." if champion else " Nothing is deployed."
        remedies = "; ".join(dict.fromkeys(gate.remedy for gate in failed if gate.remedy))
        return f"{challenger} is refused: {listing(refusals)}. What helps: {remedies}.{stays}"
    return f"{challenger} does not replace {champion}: {_tie(gain, failed[0], metric, confidence)}"


def _tie(gain: Interval, gate: Gate, metric: Metric, confidence: float) -> str:
    if gain == Interval(0.0, 0.0, 0.0):
        return f"both have the same {metric.title} on the test rows and on every resample. A tie keeps the champion."
    interval = f"{percent(confidence)} interval {span(gain.low, gain.high)}"
    if gate.name == SEEDS:
        luck = f"another seed and other rows gain up to {number(gate.limit)} by luck. A tie keeps the champion."
        return f"its {metric.title} is better by {_size(gain)} ({interval}), but {luck}"
    if gain.high < 0:
        return f"its {metric.title} is worse by {_size(gain)} ({interval})."
    if gain.estimate > 0:
        said = f"its {metric.title} is better by {_size(gain)}, but the {interval} is not"
    elif gain.estimate < 0:
        said = f"its {metric.title} is worse by {_size(gain)}, and the {interval} is not"
    else:
        said = f"both have the same {metric.title}, and the {interval} of the difference is not"
    return f"{said} wholly above {plain(gate.limit)}. A tie keeps the champion."


def _size(gain: Interval) -> str:
    return number(abs(gain.estimate))
