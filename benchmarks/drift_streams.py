"""What the tests over time do on simulated streams of predictions with their truth: false alarms, and delay.

Each stream is scored as `slipway drift --truth --prediction` scores it: sliding windows against the score that 1,000
other rows gave, ADWIN on the errors, the tests of residuals, and, without the truth, the estimate from probabilities.
Without a change, whatever is found is false. With a change, errors begin to grow at half of the stream, and the delay
is the number of rows from there until a window that is worse has ended, or until ADWIN was sure.

``--json`` prints one object, ``--quick`` has a tenth of the streams.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from slipway.drift import scores
from slipway.drift.answers import Answers
from slipway.drift.estimate import estimate
from slipway.drift.performance import Performance, watch
from slipway.evaluation import metrics

ROWS = 4_000
JUDGED = 1_000

Random = np.random.Generator
Made = Callable[[Random, int, float], Answers]


def classified(random: Random, rows: int, broken: float, center: float = 0.0, threshold: float = 0.5) -> Answers:
    """Two classes from calibrated probabilities; a share of the truth has nothing to do with them any more."""
    p = 1 / (1 + np.exp(-center - 2 * random.normal(size=rows)))
    y = (random.random(rows) < p).astype(np.int64)
    lost = random.random(rows) < broken
    y[lost] = random.permutation(y)[lost]
    return Answers("binary", y, np.column_stack([1 - p, p]), threshold=threshold)


def rare(random: Random, rows: int, broken: float) -> Answers:
    """About one row in twenty is positive."""
    return classified(random, rows, broken, center=-4.0, threshold=0.2)


def several(random: Random, rows: int, broken: float) -> Answers:
    outputs = random.dirichlet(np.full(4, 0.3), rows)
    y = (random.random((rows, 1)) > np.cumsum(outputs, axis=1)[:, :-1]).sum(axis=1)
    lost = random.random(rows) < broken
    y[lost] = random.permutation(y)[lost]
    return Answers("multiclass", y, outputs)


def normal(random: Random, rows: int, broken: float) -> Answers:
    outputs = random.normal(10, 5, rows)
    return Answers("regression", outputs + random.normal(0, 1 + broken, rows), outputs)


def heavy(random: Random, rows: int, broken: float) -> Answers:
    """Errors with the tail of Student's t with three degrees of freedom."""
    outputs = random.normal(10, 5, rows)
    return Answers("regression", outputs + (1 + broken) * random.standard_t(3, rows), outputs)


STREAMS: dict[str, Made] = {
    "two classes": classified,
    "two classes, one rare": rare,
    "four classes": several,
    "numbers, normal errors": normal,
    "numbers, heavy tails": heavy,
}
CHANGES = (0.25, 0.5)
"""Share of the truth that is lost, or by how much errors grow."""


def joined(*parts: Answers) -> Answers:
    first = parts[0]
    y, outputs = (np.concatenate([getattr(one, name) for one in parts]) for name in ("y", "outputs"))
    return Answers(first.task, y, outputs, threshold=first.threshold)


def findings(found: Performance) -> Iterator[tuple[str, int]]:
    """Each kind of finding, and the row at which it was made."""
    yield from (("windows", window.end) for one in found.metrics for window in one.windows if window.worse)
    yield from (("ADWIN", change.row) for change in found.changes)
    yield from (("residuals", found.rows) for test in found.residuals if test.unusual)


def quiet(made: Made, streams: int) -> dict[str, float]:
    """Share of streams without a change in which something is found, and how often an estimate misses the score."""
    flagged = dict.fromkeys(("windows", "ADWIN", "residuals", "estimate"), 0)
    missed = []
    for seed in range(streams):
        random = np.random.default_rng([1, seed])
        expected = scores.expected(made(random, JUDGED, 0.0))
        answers = made(random, ROWS, 0.0)
        for kind in {kind for kind, _ in findings(watch(answers, expected))}:
            flagged[kind] += 1
        estimated = estimate(answers.task, answers.outputs, answers.threshold, expected)
        flagged["estimate"] += any(one.worse for one in estimated)
        for one in estimated:
            true = metrics.score(one.name, answers.y, answers.outputs, answers.threshold)
            missed.append(not one.score.low <= true <= one.score.high)
    rates = {kind: count / streams for kind, count in flagged.items()}
    return {**rates, "interval missed": float(np.mean(missed))} if missed else rates


def changed(made: Made, size: float, streams: int) -> dict[str, dict[str, float | None]]:
    """Share of streams in which a change is found after it came, and the median delay in rows."""
    delays: dict[str, list[int]] = {"windows": [], "ADWIN": []}
    for seed in range(streams):
        random = np.random.default_rng([2, seed])
        expected = scores.expected(made(random, JUDGED, 0.0))
        answers = joined(made(random, ROWS // 2, 0.0), made(random, ROWS // 2, size))
        found = list(findings(watch(answers, expected)))
        for kind, rows in delays.items():
            after = [row - ROWS // 2 for one, row in found if one == kind and row > ROWS // 2]
            rows += sorted(after)[:1]
    return {
        kind: {"found": len(rows) / streams, "delay": float(np.median(rows)) if rows else None}
        for kind, rows in delays.items()
    }


def measure(streams: int) -> dict[str, Any]:
    return {
        "streams": streams,
        "rows": ROWS,
        "false": {name: quiet(made, streams) for name, made in STREAMS.items()},
        "found": {
            name: {str(size): changed(made, size, max(1, streams // 4)) for size in CHANGES}
            for name, made in STREAMS.items()
        },
    }


def show(result: dict[str, Any]) -> None:
    print(
        f"{result['streams']} streams of {result['rows']:,} rows without a change: share in which something is found\n"
    )
    kinds = list(next(iter(result["false"].values())))
    print("| stream | " + " | ".join(kinds) + " |\n|---" + "|---:" * len(kinds) + "|")
    for name, found in result["false"].items():
        print(f"| {name} | " + " | ".join(f"{found[kind]:.1%}" if kind in found else "" for kind in kinds) + " |")
    print("\nErrors that grow: share found, and the median delay in rows\n")
    print("| stream | change | windows | ADWIN |\n|---|---:|---:|---:|")
    for name, sizes in result["found"].items():
        for size, found in sizes.items():
            cells = (
                f"{one['found']:.0%}" + (f", {one['delay']:,.0f}" if one["found"] else "") for one in found.values()
            )
            print(f"| {name} | {size} | " + " | ".join(cells) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    result = measure(20 if options.quick else 200)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
