"""How often drift is called where there is none, and where there is: ours, Evidently's and alibi-detect's answers.

A dataset is a reference and a current table in Parquet. Of its columns a fifth each are normal, categories, skewed and
counts, with some that have a gap at zero; and a fifth (two of five) are normal and independent of each other. Without
drift both tables come from one distribution. With drift one column in five is shifted:

- ``mean`` by one standard deviation, ``moderate`` by 0.6 (a PSI of 0.36);
- ``variance`` to three times the standard deviation;
- ``category``: half of the rows move to one level;
- ``correlation`` from 0 to 0.9 among the last fifth, each of which stays as it is;
- ``small``: a mean that is off by 0.05 standard deviations, which is real, but of no consequence.

A dataset counts as flagged when a tool says so: ours with a column that warns or alarms, or with dependence that
changed; Evidently by its default, half of the columns, and also when any column drifted, which is what the others are
asked; alibi-detect by its corrected p-values. Peers see the first datasets of a size only, and none of the largest.

``--json`` prints one object; ``--quick`` has few, small datasets; peers live in virtual environments under ``--venvs``.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from drift_peers import ready
from scipy import stats

from drift import CACHE, run

Size = tuple[int, int, int]
Sizes = dict[Size, tuple[int, int, int]]

SHIFTS = ("mean", "moderate", "variance", "category", "correlation", "small")
TOOLS = ("evidently", "alibi-detect")
PEERS = Path(__file__).with_name("drift_peers.py")
LEVELS = [f"level {at}" for at in range(21)]
CHUNK = 100_000
"""Rows that are made at a time."""

DATASETS: Sizes = {
    (1_000, 1_000, 5): (100, 40, 10),
    (1_000, 1_000, 50): (100, 16, 10),
    (1_000, 1_000, 500): (20, 2, 2),
    (1_000, 100, 50): (60, 8, 4),
    (10_000, 10_000, 5): (40, 12, 4),
    (10_000, 10_000, 50): (40, 4, 3),
    (10_000, 10_000, 500): (6, 0, 1),
    (100_000, 1_000, 50): (40, 4, 3),
    (100_000, 100_000, 5): (20, 4, 2),
    (100_000, 100_000, 50): (8, 0, 1),
    (100_000, 100_000, 500): (2, 0, 0),
    (1_000_000, 1_000_000, 5): (6, 0, 1),
    (1_000_000, 1_000_000, 50): (2, 0, 0),
    (1_000_000, 1_000_000, 500): (1, 0, 0),
}
"""Reference rows, current rows and columns to: datasets without drift, how many peers see, datasets of a shift."""

QUICK: Sizes = {(1_000, 1_000, 5): (20, 10, 4), (1_000, 1_000, 50): (10, 4, 2)}


class Shape:
    """What the columns of a dataset are made of.

    Args:
        columns: How many.
        shift: How the current table differs; empty for not at all.
    """

    def __init__(self, columns: int, shift: str = "") -> None:
        self.columns, self.shift = columns, shift

    def rows(self, random: np.random.Generator, rows: int) -> pa.Table:
        pairs = 2 * max(1, self.columns // 10)
        made = {f"column {at}": self._column(random, rows, at) for at in range(self.columns - pairs)}
        common, share = random.normal(size=rows), 0.9 if self.shift == "correlation" else 0.0
        for at in range(pairs):
            own = random.normal(size=rows)
            made[f"related {at}"] = pa.array((np.sqrt(share) * common + np.sqrt(1 - share) * own).astype(np.float32))
        return pa.table(made)

    def _column(self, random: np.random.Generator, rows: int, at: int) -> pa.Array:
        kind = at % 5
        if kind == 0:
            moved = {"mean": 1.0, "moderate": 0.6, "small": 0.05}.get(self.shift, 0.0)
            return _number(random.normal(moved, 3 if self.shift == "variance" else 1, rows))
        if kind == 1:
            levels = random.integers(0, 4 + at % 17, rows)
            if self.shift == "category":
                levels[random.random(rows) < 0.5] = 0
            return pa.DictionaryArray.from_arrays(pa.array(levels), LEVELS).cast("string")
        values = random.poisson(4, rows) if kind == 3 else random.normal(size=rows)
        if kind == 4:
            values = np.where(random.random(rows) < 0.05, 0.0, values)
        return _number(np.exp(values) if kind == 2 else values)


def _number(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype(np.float32))


def write(path: Path, random: np.random.Generator, shape: Shape, rows: int) -> None:
    """A table, a part at a time, so that the largest ones need no memory."""
    writer = None
    for start in range(0, rows, CHUNK):
        part = shape.rows(random, min(CHUNK, rows - start))
        texts = [field.name for field in part.schema if pa.types.is_string(field.type)]
        writer = writer or pq.ParquetWriter(path, part.schema, use_dictionary=texts)
        writer.write_table(part)
    if writer:
        writer.close()


def datasets(sizes: Sizes) -> Iterator[tuple[Size, str, int, bool]]:
    """Size, shift, number and whether peers see it, of each dataset."""
    for size, (without, seen, shifted) in sizes.items():
        yield from ((size, "none", at, at < seen) for at in range(without))
        yield from ((size, shift, at, at < seen // 4) for shift in SHIFTS for at in range(shifted))


def flagged(reference: Path, current: Path) -> dict[str, bool]:
    from slipway.spec import Drift
    from slipway.steps.between import between

    found = between(str(reference), str(current), Drift())
    return {"slipway": found.severity != "none", "slipway, alarms": found.severity == "alarm"}


def measure(sizes: Sizes, venvs: Path) -> dict[str, Any]:
    answers: dict[str, dict[str, bool]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size, shift, at, seen in datasets(sizes):
            key = f"{label(size)}, {shift}, {at}"
            random = np.random.default_rng([*size, at, *shift.encode()])
            pair = [folder / f"{key}-{side}.parquet" for side in ("reference", "current")]
            for path, rows, moved in zip(pair, size, ("", "" if shift == "none" else shift), strict=False):
                write(path, random, Shape(size[2], moved), rows)
            for verdict, drifted in flagged(*pair).items():
                answers.setdefault(verdict, {})[key] = drifted
            if not seen:
                for path in pair:
                    path.unlink()
            print(key, file=sys.stderr)
        for tool in TOOLS:
            answers |= run(ready(venvs, tool), str(PEERS), "flags", tool, name)  # type: ignore[arg-type]
    return summary(sizes, answers)


def label(size: Size) -> str:
    before, now, columns = size
    return f"{before:,} x {columns}" if before == now else f"{before:,} against {now:,} x {columns}"


def summary(sizes: Sizes, answers: dict[str, dict[str, bool]]) -> dict[str, Any]:
    def by_shift(said: dict[str, bool], start: str = "") -> dict[str, tuple[int, int]]:
        return {shift: counted(said, shift, start) for shift in ("none", *SHIFTS)}

    whole = {tool: by_shift(said) for tool, said in answers.items()}
    own = {shift: flagged / max(1, count) for shift, (flagged, count) in whole["slipway"].items()}
    return {
        "false_alarm_rate": own["none"],
        "power": {shift: own[shift] for shift in SHIFTS[:-1]},
        "small_shift_flagged": own["small"],
        "flagged": whole,
        "by_size": {
            label(size): {tool: by_shift(said, f"{label(size)}, ") for tool, said in answers.items()} for size in sizes
        },
    }


def counted(said: dict[str, bool], shift: str, start: str) -> tuple[int, int]:
    """Datasets flagged, and datasets in all."""
    found = [drifted for key, drifted in said.items() if key.startswith(start) and f", {shift}, " in key]
    return sum(found), len(found)


def told(counts: tuple[int, int]) -> str:
    """A share with the end of its exact 95 % interval (Clopper and Pearson, Biometrika 26, 1934)."""
    flagged, datasets = counts
    if not datasets:
        return "\N{EN DASH}"
    most = stats.binomtest(flagged, datasets).proportion_ci(0.95).high
    return f"{flagged} of {datasets} (≤ {most:.1%})"


def show(result: dict[str, Any]) -> None:
    print("Flagged without drift, and the upper end of the 95 % interval:\n")
    tools = list(result["flagged"])
    print("| dataset | " + " | ".join(tools) + " |\n|---" + "|---:" * len(tools) + "|")
    for size, found in {**result["by_size"], "**all**": result["flagged"]}.items():
        print(f"| {size} | " + " | ".join(told(found[tool]["none"]) for tool in tools) + " |")
    print("\nFlagged with a shift:\n\n| tool | " + " | ".join(SHIFTS) + " |\n|---" + "|---:" * len(SHIFTS) + "|")
    for tool, found in result["flagged"].items():
        shares = (f"{found[shift][0]} of {found[shift][1]}" for shift in SHIFTS)
        print(f"| {tool} | " + " | ".join(shares) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=CACHE, help="where the peers' virtual environments are made")
    options = parser.parse_args()
    result = measure(QUICK if options.quick else DATASETS, options.venvs)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
