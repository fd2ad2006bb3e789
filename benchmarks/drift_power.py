"""How often drift is called where there is none, and where there is: ours, Evidently's and alibi-detect's answers.

A dataset is a reference and a current table of the same size, of numbers (normal, skewed, counts, with gaps) and
categories, a fifth of them. Without drift both come from one distribution. With drift one column in five is shifted:
``mean`` by one standard deviation, ``variance`` to three times the standard deviation, ``category`` by half of the rows
that move to one level, ``correlation`` from 0 to 0.9 between pairs of normal columns whose own distributions stay.
A dataset counts as flagged when a tool calls it drifted: ours with a column that warns or alarms, or with dependence
that changed; Evidently when half of its columns drifted, its default; alibi-detect by its corrected p-values.

Large tables are few: rows times columns of all datasets of a size are bounded. The table says how many there were.

``--json`` prints one object; ``--quick`` has few, small datasets; peers live in virtual environments under ``--venvs``.
"""

import argparse
import json
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from drift_peers import ready

from drift import CACHE, run

SHIFTS = ("mean", "variance", "category", "correlation")
SIZES = [(1_000, 5), (1_000, 50), (1_000, 500), (10_000, 50), (100_000, 50), (1_000_000, 5), (1_000_000, 50)]
QUICK = [(1_000, 5), (1_000, 50)]
TOOLS = ("evidently", "alibi-detect")
PEERS = Path(__file__).with_name("drift_peers.py")


def table(random: np.random.Generator, rows: int, columns: int, shift: str = "") -> pl.DataFrame:
    return pl.DataFrame({f"column {at}": column(random, rows, at, shift) for at in range(columns)}).with_columns(
        related(random, rows, columns, 0.9 if shift == "correlation" else 0.0)
    )


def column(random: np.random.Generator, rows: int, at: int, shift: str) -> pl.Series:
    if at % 5 == 4:
        levels = random.choice(4 + at % 17, rows)
        moved = (random.random(rows) < 0.5) & (shift == "category")
        return pl.Series(np.where(moved, 0, levels)).cast(pl.String)
    values = random.normal(size=rows)
    if at % 5 == 0:
        return pl.Series(values * (3 if shift == "variance" else 1) + (shift == "mean"))
    if at % 5 == 1:
        return pl.Series(np.exp(values))
    if at % 5 == 2:
        return pl.Series(random.poisson(4, rows).astype(float))
    return pl.Series(np.where(random.random(rows) < 0.05, 0.0, values))


def related(random: np.random.Generator, rows: int, columns: int, correlation: float) -> list[pl.Series]:
    """A normal column for each group of five, correlated with its neighbour."""
    common = random.normal(size=rows)
    alone = np.sqrt(1 - correlation)
    return [
        pl.Series(f"related {at}", np.sqrt(correlation) * common + alone * random.normal(size=rows))
        for at in range(2 * max(1, columns // 10))
    ]


def flagged(reference: pl.DataFrame, current: pl.DataFrame) -> dict[str, bool]:
    from slipway.drift import check

    found = check(reference, current)
    return {"columns": found.data.severity != "none", "whole": found.severity != "none"}


def measure(sizes: list[tuple[int, int]], datasets: int, venvs: Path) -> dict[str, Any]:
    cases: dict[str, list[str]] = {shift: [] for shift in ("", *SHIFTS)}
    answers: dict[str, dict[str, bool]] = {"slipway": {}, "slipway columns": {}}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows, columns in sizes:
            for shift in cases:
                count = datasets if not shift else max(1, datasets // 4)
                if shift and rows > 10_000:
                    continue
                for at in range(max(2, count * 1_000 * 50 // max(rows * columns, 50_000))):
                    key = f"{shift or 'none'}-{rows}-{columns}-{at}"
                    random = np.random.default_rng([rows, columns, at, len(shift)])
                    pair = table(random, rows, columns), table(random, rows, columns, shift)
                    for side, frame in zip(("reference", "current"), pair, strict=True):
                        frame.write_parquet(folder / f"{key}-{side}.parquet")
                    found = flagged(*pair)
                    answers["slipway"][key], answers["slipway columns"][key] = found["whole"], found["columns"]
                    cases[shift].append(key)
        with ThreadPoolExecutor() as threads:
            said = threads.map(lambda tool: run(ready(venvs, tool), str(PEERS), "flags", tool, name), TOOLS)
            answers |= zip(TOOLS, said, strict=True)  # type: ignore[arg-type]
    rates = {
        tool: {shift or "none": float(np.mean([found[key] for key in keys])) for shift, keys in cases.items()}
        for tool, found in answers.items()
    }
    own = rates["slipway"]
    return {
        "false_alarm_rate": own["none"],
        "power": {shift: own[shift] for shift in SHIFTS},
        "without drift by size": dict(Counter("x".join(key.split("-")[1:3]) for key in cases[""])),
        "datasets": {shift or "none": len(keys) for shift, keys in cases.items()},
        **{f"{tool} false_alarm_rate": found["none"] for tool, found in rates.items() if tool != "slipway"},
        **{
            f"{tool} power": {shift: found[shift] for shift in SHIFTS}
            for tool, found in rates.items()
            if tool != "slipway"
        },
    }


def show(result: dict[str, Any]) -> None:
    print("| tool | no drift, flagged | " + " | ".join(SHIFTS) + " |\n|---|---:" + "|---:" * len(SHIFTS) + "|")
    for tool in ("", "slipway columns ", *(f"{tool} " for tool in TOOLS)):
        power = " | ".join(f"{result[f'{tool}power'][shift]:.0%}" for shift in SHIFTS)
        print(f"| {tool.strip() or '**Slipway**'} | {result[f'{tool}false_alarm_rate']:.1%} | {power} |")
    print(f"\nDatasets: {result['datasets']}; without drift by rows and columns: {result['without drift by size']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=CACHE, help="where the peers' virtual environments are made")
    options = parser.parse_args()
    result = measure(QUICK if options.quick else SIZES, 8 if options.quick else 100, options.venvs)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
