"""What the feature plan costs: against scikit-learn's ColumnTransformer, and in memory on files of growing size.

1,000,000 rows of 40 numbers (5 % of the values missing) and 10 categories of 12 levels are fitted and transformed by
both, in turn, in the same process. Both fill missing numbers with the median and add an indicator for each column that
had some; categories become one feature a level, rare levels grouped (``one_hot``), or the number of their level
(``ordinal``). Each gets the same rows in memory as the frame that it is made for, ours polars and scikit-learn pandas,
and keeps all features, dense: ours as float32, scikit-learn as one dense array. Its median is exact, ours is within the
sketch's relative error. Reading and writing files is in neither. Rows are transformed in two ways: in batches of the
size that the pipeline writes, each dropped when it is made (``batches``), and all in one call (``whole``); both do
both. A round that is not counted comes first, so that neither pays for memory that the machine has never touched; and
each transform is done twice in a row, of which the second counts, so that neither pays for what the other has left in
the caches: a pipeline transforms batch after batch. The seconds of processor time are shown beside those of the clock:
ours uses every core.

The memory is measured on ``validate`` and ``featurize`` themselves, in a process of their own, on Parquet files that
are written first, as large as their values are in memory (8 bytes a number, neither compressed nor encoded): the
largest resident set of the process, its libraries included, by the rows of the file. ``--limit-mb`` puts the process
into a control group of so much memory, as a pod is, where one that needs more is ended; that takes root.

``--json`` prints one object, ``--quick`` takes fewer rows and one round.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

NUMBERS, CATEGORIES, LEVELS, NULLS = 40, 10, 12, 0.05
PART = 1 << 18
WRITTEN = 1 << 16
WAYS = ("one_hot", "ordinal")
FILES = (500_000, 2_000_000, 8_000_000)
WORKS = ("fit", "batches", "whole")


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

    def fit(self) -> None:
        from slipway.features import fit

        self.plan = fit.whole(lambda: cut(self.frame, PART), self.schema, self.chosen).plan

    def transform(self, batch: pl.DataFrame) -> tuple[int, int]:
        from slipway.features.apply import transform

        rows, width = transform(self.plan, batch, self.schema).shape
        return rows, width


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

    def transform(self, batch: Any) -> tuple[int, int]:
        rows, width = self.transformer.transform(batch).shape
        return rows, width


def cut(frame: Any, rows: int) -> Iterator[Any]:
    return (frame[start : start + rows] for start in range(0, len(frame), rows))


def work(one: Ours | Sklearn, name: str, batch: int) -> int:
    """Fits, or transforms all rows; the number of features."""
    if name == "fit":
        one.fit()
        return 0
    shapes = [one.transform(part) for part in cut(one.frame, batch if name == "batches" else len(one.frame))]
    assert sum(rows for rows, _ in shapes) == len(one.frame)
    return shapes[0][1]


def seconds(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Seconds by the clock, seconds of processor time, and what the work gave."""
    start, used = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - start, time.process_time() - used, result


def compare(frame: pl.DataFrame, way: str, rounds: int) -> dict[str, Any]:
    from slipway.data.table import BATCH_ROWS

    ours, theirs = Ours(frame, way), Sklearn(frame, way)
    times: defaultdict[str, list[float]] = defaultdict(list)
    widths: dict[str, int] = {}
    for name in WORKS:
        for round_ in range(rounds + 1):
            for whose, one in (("", ours), ("_sklearn", theirs)):
                todo = partial(work, one, name, BATCH_ROWS)
                if name != "fit":
                    todo()
                spent, used, widths[whose] = seconds(todo)
                if round_:
                    times[f"{name}{whose}"].append(spent)
                    times[f"{name}{whose}_cpu"].append(used)
    assert widths[""] == widths["_sklearn"], f"not the same work: {widths}"
    found = {name: statistics.median(values) for name, values in times.items()}
    speedups = {f"{name}_speedup": found[f"{name}_sklearn"] / found[name] for name in WORKS}
    return {**found, **speedups, "features": widths[""]}


def write_large(path: Path, rows: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    writer = None
    for start in range(0, rows, WRITTEN):
        part = table(min(WRITTEN, rows - start), start).with_columns(
            pl.col(pl.Float64).round(2), y=pl.Series(rng.random(min(WRITTEN, rows - start)) < 0.3)
        )
        arrow: pa.Table = part.to_arrow()
        writer = writer or pq.ParquetWriter(path, arrow.schema, compression="none", use_dictionary=False)
        writer.write_table(arrow)
    assert writer is not None
    writer.close()


def measure_memory(rows: int, limit: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "data.parquet"
        write_large(path, rows)
        start = time.perf_counter()
        with control_group(limit) as group:
            command = [sys.executable, __file__, "--only-memory", str(path), *group]
            peak = float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
        size = path.stat().st_size / 1e6
        spent = time.perf_counter() - start
        times = size / (limit or peak)
        found = {"rows": rows, "file_mb": size, "limit_mb": limit, "peak_mb": peak}
        return {**found, "file_over_limit": times, "seconds": spent}


@contextmanager
def control_group(limit: int) -> Iterator[list[str]]:
    """The option that names a new group, of either version, with this limit in MB; nothing for 0."""
    if not limit:
        yield []
        return
    first = Path("/sys/fs/cgroup/memory")
    group = (first if first.is_dir() else first.parent) / f"slipway-{os.getpid()}"
    group.mkdir()
    try:
        name = "memory.limit_in_bytes" if first.is_dir() else "memory.max"
        (group / name).write_text(str(limit * 1_000_000))
        yield ["--group", str(group / "cgroup.procs")]
    finally:
        group.rmdir()


def only_memory(path: Path, group: Path | None) -> None:
    if group:
        group.write_text(str(os.getpid()))
    from slipway.steps.featurize import featurize
    from slipway.steps.validate import validate

    names = ("table", "contract", "findings", "rows", "features", "plan")
    where = {name: str(path.parent / name) for name in names}
    validate({"data": str(path), "target": "y"}, **{name: where[name] for name in ("table", "contract", "findings")})
    featurize({}, **{name: where[name] for name in ("table", "contract", "rows", "features", "plan")})
    print(peak_resident())


def peak_resident() -> float:
    """Largest resident set in MB; getrusage would count that of the process that started this one."""
    said = Path("/proc/self/status").read_text()
    return int(next(line for line in said.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3


def measure(options: argparse.Namespace) -> dict[str, Any]:
    rows, rounds = (200_000, 1) if options.quick else (1_000_000, 3)
    frame = table(rows)
    ways = {} if options.files_only else {way: compare(frame, way, rounds) for way in WAYS}
    del frame
    files = options.file_rows or ([125_000, 500_000] if options.quick else FILES)
    memory = [measure_memory(large, options.limit_mb) for large in files]
    return {
        "fit_speedup": least(way["fit_speedup"] for way in ways.values()),
        "transform_speedup": least(way[f"{name}_speedup"] for way in ways.values() for name in WORKS[1:]),
        "transform_rows_per_s": least(rows / way[name] for way in ways.values() for name in WORKS[1:]),
        "peak_mb": max(item["peak_mb"] for item in memory),
        "memory": memory,
        "ways": ways,
        "rows": rows,
        "columns": NUMBERS + CATEGORIES,
        "rounds": rounds,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("polars", "numpy", "scikit-learn", "pandas", "pyarrow")},
    }


def least(values: Iterable[float]) -> float | None:
    return min(values, default=None)


def show_speed(result: dict[str, Any]) -> None:
    print(f"{result['rows']:,} rows, {result['columns']} columns; medians of {result['rounds']} rounds\n")
    print(f"{'':<10}{'features':>9}{'':>9}{'slipway':>10}{'sklearn':>10}{'faster':>9}{'rows/s':>14}{'cpu':>20}")
    for encoding, way in result["ways"].items():
        for name in WORKS:
            speed = f"{result['rows'] / way[name]:>14,.0f}"
            times = f"{way[name]:>8.2f} s{way[f'{name}_sklearn']:>8.2f} s"
            used = f"{way[f'{name}_cpu']:>8.2f} s{way[f'{name}_sklearn_cpu']:>8.2f} s"
            print(f"{encoding:<10}{way['features']:>9}{name:>9}{times}{way[f'{name}_speedup']:>8.1f}x{speed}{used}")


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    if result["ways"]:
        show_speed(result)
    print("\nvalidate and featurize on a Parquet file")
    print(f"{'rows':>12}{'file':>12}{'resident':>12}{'limit':>12}{'file / limit':>14}{'seconds':>9}")
    for item in result["memory"]:
        limit = f"{item['limit_mb']:>9,.0f} MB" if item["limit_mb"] else f"{'none':>12}"
        print(
            f"{item['rows']:>12,}{item['file_mb']:>9,.0f} MB{item['peak_mb']:>9,.0f} MB{limit}"
            f"{item['file_over_limit']:>14.1f}{item['seconds']:>9.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--file-rows", type=int, nargs="+", help="rows of the files that memory is measured on")
    parser.add_argument("--files-only", action="store_true", help="measure memory only")
    parser.add_argument("--limit-mb", type=int, default=0, help="memory that validate and featurize may have")
    parser.add_argument("--only-memory", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--group", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_memory:
        only_memory(options.only_memory, options.group)
        return
    result = measure(options)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
