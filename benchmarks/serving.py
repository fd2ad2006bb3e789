"""The model server against its peers and against the floor: one row a request, one worker.

XGBoost with 200 trees of depth 6 over 20 mixed columns. Each peer runs in an environment of its own below ``--venvs``,
which is made where it is not there, and serves a scikit-learn pipeline with as many trees. Servers take turns, each
alone, with 1 and with 16 connections; load generator and server share the machine. ``--json`` prints one object;
``--quick`` measures each server once, and reports peers that are not installed instead of installing them.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "servers"))

import load
import model
import peers
from peers import FLOOR, PEERS, SLIPWAY, Server

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "slipway"
ROWS = 500
BARS = {"vs_mlserver": 30.0, "vs_mlflow": 30.0, "vs_floor": 0.5}


def models(folder: Path) -> Path:
    if not (folder / "bundle" / "bundle.json").exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, __file__, "--build", str(folder)], check=True, stdout=sys.stderr)
    return folder


def ready(servers: tuple[Server, ...], venvs: Path, folder: Path, quick: bool) -> tuple[list[Server], dict[str, str]]:
    """The peers that can run, and why the others can't."""
    able, missing = [], {}
    for server in servers:
        here = (venvs / server.name / "bin" / "python").exists()
        why = "it is not installed; run without --quick" if quick and not here else peers.install(server, venvs)
        why = why or peers.prepare(server, venvs, folder)
        if why:
            missing[server.name] = why
        else:
            able.append(server)
    return able, missing


def measure(server: Server, bin_: Path, folder: Path, rows: list[dict[str, Any]], seconds: float) -> dict[str, float]:
    bodies = [server.body(row) for row in rows]
    with peers.running(server, bin_, folder, rows[1]) as (url, ready_s):
        load.measure(url, bodies, 4, seconds / 4)
        one, many = (load.measure(url, bodies, connections, seconds) for connections in (1, 16))
    return {
        "rps_1": one.rps, "p50_1_ms": one.p50_ms, "p99_1_ms": one.p99_ms,
        "rps_16": many.rps, "p50_16_ms": many.p50_ms, "p99_16_ms": many.p99_ms, "ready_s": ready_s,
    }  # fmt: skip


def batch(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds for 1,000 rows on one thread: the whole graph from raw columns, and XGBoost's trees alone."""
    done = subprocess.run(
        [sys.executable, __file__, "--batch", str(folder), str(rounds)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def batch_here(folder: Path, rounds: int) -> dict[str, float]:
    import numpy as np
    import polars as pl
    import xgboost

    from slipway.bundle.load import load as open_bundle
    from slipway.features.apply import transform
    from slipway.features.inputs import inputs
    from slipway.features.plan import Plan

    bundle = open_bundle(folder / "bundle")
    plan = Plan.from_json((folder / "bundle/native/plan.json").read_text())
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(folder / "bundle/native/model.ubj")
    frame = pl.read_parquet(folder / "data.parquet")
    parts = [frame[start : start + 1000] for start in range(0, 10_000, 1000)]
    raw = [inputs(part, bundle.schema.kinds) for part in parts]
    features = [np.ascontiguousarray(transform(plan, part, bundle.schema)) for part in parts]
    ways = {
        "slipway_batch_ms": lambda at: bundle.predict(raw[at]),
        "xgboost_batch_ms": lambda at: booster.inplace_predict(features[at]),
        "transform_and_xgboost_batch_ms": lambda at: booster.inplace_predict(transform(plan, parts[at], bundle.schema)),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for place in range(rounds * len(parts)):
        for name, call in ways.items():
            began = time.perf_counter()
            call(place % len(parts))
            taken[name].append((time.perf_counter() - began) * 1e3)
    return {name: statistics.median(values) for name, values in taken.items()}


def image_mb() -> float | None:
    """Size of the server's image; None where there is no engine or no image."""
    if shutil.which("docker") is None:
        return None
    for tag in ("slipway/server", "slipway/test-server:test"):
        command = ["docker", "image", "ls", "--format", "{{.ID}}", tag]
        ids = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        if ids:
            size = ["docker", "image", "inspect", "--format", "{{.Size}}", ids[0]]
            return int(subprocess.run(size, capture_output=True, text=True, check=True).stdout) / 1e6
    return None


def compare(venvs: Path, folder: Path, quick: bool) -> dict[str, Any]:
    import polars as pl

    rows = pl.read_parquet(models(folder) / "data.parquet").drop(model.TARGET).head(ROWS).to_dicts()
    able, missing = ready(PEERS, venvs, folder, quick)
    rounds, seconds = (1, 1.2) if quick else (3, 4.0)
    own = Path(sys.executable).parent
    measured: dict[str, list[dict[str, float]]] = {server.name: [] for server in (SLIPWAY, FLOOR, *able)}
    for _ in range(rounds):
        for server in (SLIPWAY, FLOOR, *able):
            bin_ = venvs / server.name / "bin" if server.install else own
            try:
                measured[server.name].append(measure(server, bin_, folder, rows, seconds))
            except RuntimeError as error:
                missing[server.name] = str(error)
    servers = {
        name: {key: statistics.median(item[key] for item in found) for key in found[0]}
        for name, found in measured.items()
        if found
    }
    ours = servers["slipway"]
    ratios = {
        f"vs_{server.name}": ours["rps_1"] / servers[server.name]["rps_1"] if server.name in servers else None
        for server in (*PEERS, FLOOR)
    }
    return {
        **ratios,
        "vs_floor_16": ours["rps_16"] / servers["floor"]["rps_16"],
        "p99_ms": ours["p99_16_ms"],
        "ready_s": ours["ready_s"],
        "image_mb": image_mb(),
        **batch(folder, 1 if quick else 10),
        "servers": servers,
        "not_measured": missing,
        "bars": BARS,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; one mixed row a request, one worker\n")
    print(f"{'server':<10}{'requests/s':>22}{'p50 ms':>18}{'p99 ms':>18}{'ready s':>9}{'slipway is':>12}")
    print(f"{'':<10}{'1':>11}{'16':>11}{'1':>9}{'16':>9}{'1':>9}{'16':>9}")
    for name, item in result["servers"].items():
        ratio = result.get(f"vs_{name}")
        print(
            f"{name:<10}{item['rps_1']:>11,.0f}{item['rps_16']:>11,.0f}{item['p50_1_ms']:>9.2f}{item['p50_16_ms']:>9.2f}"
            f"{item['p99_1_ms']:>9.2f}{item['p99_16_ms']:>9.2f}{item['ready_s']:>9.2f}"
            + (f"{ratio:>11.2f}x" if ratio else "")
        )
    for name, why in result["not_measured"].items():
        print(f"{name}: not measured: {why}")
    print(f"\n1,000 rows, one thread: {result['slipway_batch_ms']:.2f} ms from raw columns; XGBoost's inplace_predict")
    whole = result["transform_and_xgboost_batch_ms"]
    print(f"{result['xgboost_batch_ms']:.2f} ms on features that are there, {whole:.2f} ms with making them")
    print(f"image: {result['image_mb'] or 'not built here'} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=CACHE / "peers", help="folder of the peers' environments")
    parser.add_argument("--models", type=Path, default=CACHE / "serving-models", help="folder of the models")
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--batch", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        model.build(options.build)
        return
    if options.batch:
        print(json.dumps(batch_here(Path(options.batch[0]), int(options.batch[1]))))
        return
    result = compare(options.venvs, options.models, options.quick)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
