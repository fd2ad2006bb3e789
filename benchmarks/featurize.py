"""What the feature plan costs: against scikit-learn's ColumnTransformer, and in memory on a large file.

1,000,000 rows of 40 numbers (5 % of the values missing) and 10 categories of 12 levels are fitted and transformed by
both, in turn, in the same process. Both fill missing numbers with the median and add an indicator for each column that
had some; categories become one feature a level, rare levels grouped (``one_hot``), or the number of their level
(``ordinal``). Each gets the same rows in memory as the frame that it is made for, ours polars and scikit-learn pandas,
and keeps all features: ours as float32 in batches of 65,536 rows as the pipeline writes them, scikit-learn as one dense
array. Its median is exact, ours is within the sketch's relative error. Reading and writing files is in neither. The
seconds of processor time are shown beside those of the clock: ours uses every core.

The memory is measured on ``validate`` and ``featurize`` themselves, in a process of their own, on a Parquet file that
is written first, as large as its values are in memory (8 bytes a number, neither compressed nor encoded): the largest
resident set, the 210 MB of the libraries included.

``--json`` prints one object, ``--quick`` takes fewer rows and one round.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

NUMBERS, CATEGORIES, LEVELS, NULLS = 40, 10, 12, 0.05
BATCH, PART = 1 << 16, 1 << 18
WAYS = ("one_hot", "ordinal")


def table(rows: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    columns: dict[str, pl.Series] = {}
    for place in range(NUMBERS):
        values = pl.Series(rng.normal(place, 1 + place, rows))
        columns[f"n{place}"] = values.set(pl.Series(rng.random(rows) < NULLS), None)
    levels = np.array([f"level {place}" for place in range(LEVELS)])
    for place in range(CATEGORIES):
        columns[f"c{place}"] = pl.Series(levels[rng.integers(0, LEVELS, rows)])
    return pl.DataFrame(columns)


class Ours:
    def __init__(self, frame: pl.DataFrame, way: str) -> None:
        from slipway.data.schema import Column, Schema, Target
        from slipway.features.choice import choose
        from slipway.spec import Features
        from slipway.spec.features import ColumnFeatures

        kinds = {name: "number" if name[0] == "n" else "category" for name in frame.columns}
        columns = tuple(Column(name, kind, nullable=True) for name, kind in kinds.items())  # type: ignore[arg-type]
        self.schema = Schema(columns, Target("y", "regression", "number"))
        own = {name: ColumnFeatures(encode=way) for name, kind in kinds.items() if kind == "category"}  # type: ignore[arg-type]
        self.chosen = choose(Features(columns=own), self.schema)
        self.frame = frame

    def _cut(self, rows: int) -> Iterator[pl.DataFrame]:
        return (self.frame[start : start + rows] for start in range(0, len(self.frame), rows))

    def fit(self) -> None:
        from slipway.features import fit

        self.plan = fit.whole(lambda: self._cut(PART), self.schema, self.chosen).plan

    def transform(self) -> int:
        from slipway.features.apply import transform

        made = [transform(self.plan, batch, self.schema) for batch in self._cut(BATCH)]
        return made[0].width


class Sklearn:
    def __init__(self, frame: pl.DataFrame, way: str) -> None:
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

        encoder: Any = (
            OneHotEncoder(
                handle_unknown="infrequent_if_exist", max_categories=65, min_frequency=5, sparse_output=False,
                dtype=np.float32,
            )
            if way == "one_hot"
            else OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, dtype=np.float32)
        )  # fmt: skip
        names = frame.columns
        self.frame = frame.to_pandas()
        self.transformer = ColumnTransformer(
            [
                ("numbers", SimpleImputer(strategy="median", add_indicator=True), names[:NUMBERS]),
                ("categories", encoder, names[NUMBERS:]),
            ]
        )

    def fit(self) -> None:
        self.transformer.fit(self.frame)

    def transform(self) -> int:
        return int(self.transformer.transform(self.frame).shape[1])


def seconds(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of processor time, and what the work gave."""
    start, used = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - start, time.process_time() - used, result


def compare(frame: pl.DataFrame, way: str, rounds: int) -> dict[str, Any]:
    ours, theirs = Ours(frame, way), Sklearn(frame, way)
    times: defaultdict[str, list[float]] = defaultdict(list)
    widths: dict[str, int] = {}
    for _ in range(rounds):
        for name, one in (("", ours), ("_sklearn", theirs)):
            for work in ("fit", "transform"):
                spent, used, result = seconds(getattr(one, work))
                times[f"{work}{name}"].append(spent)
                times[f"{work}{name}_cpu"].append(used)
            widths[name] = result
    assert widths[""] == widths["_sklearn"], f"not the same work: {widths}"
    found = {name: statistics.median(values) for name, values in times.items()}
    return {
        **found,
        "features": widths[""],
        "fit_speedup": found["fit_sklearn"] / found["fit"],
        "transform_speedup": found["transform_sklearn"] / found["transform"],
        "rows_per_s": len(frame) / found["transform"],
    }


def write_large(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, BATCH):
        part = table(min(BATCH, rows - start), start).with_columns(
            y=pl.Series(rng.random(min(BATCH, rows - start)) < 0.3)
        )
        arrow: pa.Table = part.to_arrow()
        writer = writer or pq.ParquetWriter(path, arrow.schema, compression="none", use_dictionary=False)
        writer.write_table(arrow)
    assert writer is not None
    writer.close()


def measure_memory(rows: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.parquet"
        write_large(path, rows)
        start = time.perf_counter()
        told = subprocess.run(
            [sys.executable, __file__, "--only-memory", str(path)], check=True, capture_output=True, text=True
        )
        peak = float(told.stdout)
        size = path.stat().st_size / 1e6
        return {"file_mb": size, "peak_mb": peak, "file_over_peak": size / peak, "seconds": time.perf_counter() - start}


def only_memory(path: Path) -> None:
    from slipway.steps.featurize import featurize
    from slipway.steps.validate import validate

    where = {
        name: str(path.parent / name)
        for name in ("table", "contract", "findings", "report", "rows", "features", "plan")
    }
    validate({"data": str(path), "target": "y"}, **{name: where[name] for name in ("table", "contract", "findings")})
    featurize({}, **{name: where[name] for name in ("table", "contract", "rows", "features", "plan")})
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    rows, rounds, large = (200_000, 1, 500_000) if options.quick else (1_000_000, 3, options.file_rows)
    frame = table(rows)
    ways = {way: compare(frame, way, rounds) for way in WAYS}
    del frame
    memory = measure_memory(large)
    return {
        "fit_speedup": min(way["fit_speedup"] for way in ways.values()),
        "transform_speedup": min(way["transform_speedup"] for way in ways.values()),
        "transform_rows_per_s": min(way["rows_per_s"] for way in ways.values()),
        "peak_mb": memory["peak_mb"],
        "memory": memory,
        "ways": ways,
        "rows": rows,
        "columns": NUMBERS + CATEGORIES,
        "rounds": rounds,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("polars", "numpy", "scikit-learn", "pandas", "pyarrow")},
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"{result['rows']:,} rows, {result['columns']} columns; medians of {result['rounds']} rounds\n")
    print(f"{'':<10}{'features':>9}{'':>12}{'slipway':>10}{'sklearn':>10}{'faster':>9}{'rows/s':>14}{'cpu':>18}")
    for name, way in result["ways"].items():
        for work in ("fit", "transform"):
            speed = f"{result['rows'] / way[work]:>14,.0f}"
            times = f"{way[work]:>8.2f} s{way[f'{work}_sklearn']:>8.2f} s"
            used = f"{way[f'{work}_cpu']:>8.2f} s{way[f'{work}_sklearn_cpu']:>8.2f} s"
            print(f"{name:<10}{way['features']:>9}{work:>12}{times}{way[f'{work}_speedup']:>8.1f}x{speed}{used}")
    memory = result["memory"]
    print(
        f"\nvalidate and featurize on a file of {memory['file_mb']:,.0f} MB: at most {memory['peak_mb']:,.0f} MB "
        f"resident ({memory['file_over_peak']:.1f} times as large a file), {memory['seconds']:.0f} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--file-rows", type=int, default=20_000_000, help="rows of the large file")
    parser.add_argument("--only-memory", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_memory:
        only_memory(options.only_memory)
        return
    result = measure(options)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
