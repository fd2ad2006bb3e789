"""How long drift takes, next to Evidently, NannyML, whylogs and alibi-detect on the same Parquet files, in turn.

A reference of 1,000,000 rows and 50 columns (40 numbers, 10 categories) against a current table of the same size: read
both, compute PSI, Kolmogorov-Smirnov, Wasserstein, Jensen-Shannon and chi-square for each column, judge, write the
report. Ours is all that ``slipway drift`` does by default: also correlations, reconstruction and the domain classifier,
which is off in a second figure, without_classifier_s.
Each tool runs in a process of its own and, but for ours, in a virtual environment of its own, made under ``--venvs``.
Then ours alone: 5,000 columns of 100,000 rows, from a stored profile, and by rows and by columns.

Every tool's modules are compiled before its turn, so that no time is spent on that.

``--json`` prints one object; ``--quick`` has 100,000 rows and 500 columns in the wide table;
``--plot FILE`` writes cost by rows and by columns as SVG.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from drift_peers import VENVS, compiled, peak_mb, ready

PEERS = Path(__file__).with_name("drift_peers.py")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "slipway" / "benchmarks"
LONGEST_S = 300
LIMITS = {"vs_evidently": 30, "peak_mb": 1024, "import_s": 1}


def make(folder: Path, rows: int, columns: int) -> list[str]:
    """Writes two tables without drift: four fifths of the columns are numbers of five shapes, one fifth categories."""
    places = []
    for seed, side in enumerate(("reference", "current")):
        random = np.random.default_rng([seed, rows, columns])
        shapes = (
            lambda r: r.normal(size=rows),
            lambda r: np.exp(r.normal(size=rows)),
            lambda r: r.poisson(4, rows).astype(float),
            lambda r: np.where(r.random(rows) < 0.1, np.nan, r.gamma(2, size=rows)),
        )
        place = folder / f"{side}-{rows}-{columns}"
        place.mkdir()
        frame = {}
        for at in range(columns):
            values = (
                pl.Series(random.integers(0, 5 + at % 30, rows)).cast(pl.String)
                if at % 5 == 4
                else shapes[at % 5](random)
            )
            frame[f"column {at}"] = values
        pl.DataFrame(frame).write_parquet(place / "part.parquet", row_group_size=min(rows, 250_000))
        places.append(str(place / "part.parquet"))
    return places


def ours(reference: str, current: str, *, classifier: bool) -> dict[str, float]:
    began = time.perf_counter()
    from slipway.data.columns import open_columns
    from slipway.drift import stored
    from slipway.drift.named import Named
    from slipway.drift.report import report
    from slipway.drift.tables import compare
    from slipway.spec import Drift

    limits = Drift(classifier=classifier)
    imported = time.perf_counter()
    with open_columns(current) as now:
        if reference.endswith(".json"):
            found = compare(stored.from_json(Path(reference).read_bytes()), now, limits, Named())
        else:
            with open_columns(reference) as before:
                found = compare(before, now, limits, Named())
    page = report(found, "benchmark", "the reference")
    done = time.perf_counter()
    return {
        "seconds": done - imported,
        "import_s": imported - began,
        "peak_mb": peak_mb(),
        "report_mb": len(page) / 1e6,
    }


def profile(reference: str, file: Path) -> None:
    from slipway.data.columns import open_columns
    from slipway.drift import profile as profiles
    from slipway.drift import stored

    with open_columns(reference) as table:
        file.write_text(stored.to_json(profiles.finish(profiles.of_columns(table))))


def run(python: Path | str, *arguments: str, timeout: float | None = None) -> dict[str, float]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [python, *arguments], check=True, capture_output=True, text=True, env=environment, timeout=timeout
    )
    return json.loads(done.stdout)


def own(reference: str, current: str, *, classifier: bool = True) -> dict[str, float]:
    plain = [] if classifier else ["--plain"]
    return run(sys.executable, __file__, "--only", reference, current, *plain)


def peer(python: Path, tool: str, tables: tuple[str, str]) -> dict[str, float]:
    """A peer's figures; one that is still at work after ``LONGEST_S`` is ended, and that time stands for its own."""
    try:
        return run(python, str(PEERS), "time", tool, *tables, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return {"seconds": LONGEST_S}


def measure(folder: Path, venvs: Path, *, quick: bool) -> dict[str, Any]:
    rows, wide = (100_000, 500) if quick else (1_000_000, 5_000)
    tables = make(folder, rows, 50)
    compiled(Path(sys.executable))
    first = own(*tables)
    peers = {tool: peer(ready(venvs, tool), tool, tables) for tool in VENVS}
    second = own(*tables)
    best = min(first, second, key=lambda result: result["seconds"])
    file = folder / "profile.json"
    profile(tables[0], file)
    broad = own(*make(folder, 100_000, wide))
    ratios = {f"vs_{tool.removesuffix('-detect')}": peers[tool]["seconds"] / best["seconds"] for tool in VENVS}
    return {
        **ratios,
        "rows": rows,
        "seconds": best["seconds"],
        "without_classifier_s": own(*tables, classifier=False)["seconds"],
        "peak_mb": max(first["peak_mb"], second["peak_mb"]),
        "import_s": best["import_s"],
        "wide_columns": wide,
        "wide_s": broad["seconds"],
        "wide_peak_mb": broad["peak_mb"],
        "profile_s": own(str(file), tables[1])["seconds"],
        "report_mb": broad["report_mb"],
        "peers": peers,
        "growth": growth(folder, quick=quick),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


def growth(folder: Path, *, quick: bool) -> dict[str, list[tuple[int, float]]]:
    """Seconds by rows at 20 columns, and by columns at 50,000 rows; the classifier, whose cost is bounded, is off."""
    rows = [100_000, 200_000] if quick else [125_000, 250_000, 500_000, 1_000_000]
    columns = [100, 200] if quick else [100, 200, 400, 800, 1600]
    return {
        "rows": [(count, own(*make(folder, count, 20), classifier=False)["seconds"]) for count in rows],
        "columns": [(count, own(*make(folder, 50_000, count), classifier=False)["seconds"]) for count in columns],
    }


def plot(found: dict[str, list[tuple[int, float]]]) -> str:
    """Two small line charts as SVG."""
    parts = []
    for at, (what, points) in enumerate(found.items()):
        left, width, height = 60 + at * 340, 240, 160
        most, longest = max(count for count, _ in points), max(seconds for _, seconds in points)
        spots = [(left + width * count / most, 30 + height * (1 - seconds / longest)) for count, seconds in points]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="#2f6fde" stroke-width="2"/>'
            f'<path d="M{left} 30v{height}h{width}" fill="none" stroke="#68707a"/>'
            + "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#2f6fde"/>' for x, y in spots)
            + f'<text x="{left - 6}" y="34" text-anchor="end">{longest:.2g} s</text>'
            f'<text x="{left + width}" y="{48 + height}" text-anchor="end">{most:,} {what}</text>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 225" font-family="sans-serif" font-size="12" '
        f'fill="#68707a">{"".join(parts)}</svg>\n'
    )


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; {result['rows']:,} x 50 against as many rows, read from Parquet\n")
    print("| tool | seconds | peak memory | import |\n|---|---:|---:|---:|")
    rows = {"**Slipway**": {name: result[name] for name in ("seconds", "peak_mb", "import_s")}, **result["peers"]}
    for tool, one in rows.items():
        if "peak_mb" not in one:
            print(f"| {tool} | more than {one['seconds']} | | |")
            continue
        print(f"| {tool} | {one['seconds']:.2f} | {one['peak_mb']:,.0f} MB | {one['import_s']:.2f} s |")
    print(f"\nWithout the classifier: {result['without_classifier_s']:.2f} s. ", end="")
    print(f"From a stored profile: {result['profile_s']:.2f} s.")
    print(
        f"{result['wide_columns']:,} columns x 100,000 rows: {result['wide_s']:.1f} s, "
        f"{result['wide_peak_mb']:,.0f} MB, report {result['report_mb']:.2f} MB."
    )
    for what, points in result["growth"].items():
        print(f"By {what}: " + ", ".join(f"{count:,}: {seconds:.2f} s" for count, seconds in points))
    print(f"Limits: {LIMITS}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=CACHE, help="where the peers' virtual environments are made")
    parser.add_argument("--plot", type=Path, help="file for the plot of cost by rows and by columns (SVG)")
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--plain", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(ours(*options.only, classifier=not options.plain)))
        return
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), options.venvs, quick=options.quick)
    if options.plot:
        options.plot.write_text(plot(result["growth"]))
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
