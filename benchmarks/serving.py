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
from dataclasses import replace
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
    """The models, made where they are not there or of another release."""
    from slipway.bundle.load import verify
    from slipway.bundle.manifest import PARTS
    from slipway.errors import BundleError

    try:
        whole = verify(folder / "bundle").files.keys() >= set(PARTS)
    except BundleError:
        whole = False
    if not whole:
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
    with peers.running(server, bin_, folder, rows[1]) as (url, ready_s, _):
        load.measure(url, bodies, 4, seconds / 4)
        one, many = (load.measure(url, bodies, connections, seconds) for connections in (1, 16))
    return {
        "rps_1": one.rps, "p50_1_ms": one.p50_ms, "p99_1_ms": one.p99_ms,
        "rps_16": many.rps, "p50_16_ms": many.p50_ms, "p99_16_ms": many.p99_ms, "ready_s": ready_s,
    }  # fmt: skip


def scraped(folder: Path, rows: list[dict[str, Any]], seconds: float, rounds: int) -> dict[str, float]:
    """p99 at 16 connections in ms, without scrapes of the metrics and with ten a second, in turn on one server."""
    taken: dict[str, list[float]] = {"p99_16_ms": [], "p99_16_scraped_ms": []}
    with peers.running(SLIPWAY, Path(sys.executable).parent, folder, rows[1]) as (url, _, _):
        bodies = [SLIPWAY.body(row) for row in rows]
        load.measure(url, bodies, 16, seconds / 4)
        for _ in range(rounds):
            for name, every in (("p99_16_ms", 0.0), ("p99_16_scraped_ms", 0.1)):
                taken[name].append(load.measure(url, bodies, 16, seconds, every).p99_ms)
    return {name: statistics.median(values) for name, values in taken.items()}


def workers(folder: Path, rows: list[dict[str, Any]], seconds: float) -> dict[str, dict[str, float]]:
    """Requests/s at 16 connections, and memory of a worker, by their number."""
    found = {}
    for count in sorted({1, 2, os.cpu_count() or 1}):
        server = replace(SLIPWAY, command=lambda *given, count=count: [*SLIPWAY.command(*given), f"--workers={count}"])
        with peers.running(server, Path(sys.executable).parent, folder, rows[1]) as (url, _, pid):
            bodies = [server.body(row) for row in rows]
            load.measure(url, bodies, 16, seconds / 4)
            rps = load.measure(url, bodies, 16, seconds).rps
            found[str(count)] = {"rps_16": rps, "memory_mb": statistics.mean(peers.memory_mb(pid))}
    return found


def batch(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds for 1,000 rows, with one thread and with all cores; see ``batch_here``."""
    done = subprocess.run(
        [sys.executable, __file__, "--batch", str(folder), str(rounds)], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def batch_here(folder: Path, rounds: int) -> dict[str, float]:
    """From raw columns: what the server does and its graph alone, against plan and XGBoost's package.

    Trees alone, on features that are there already: XGBoost's library as the server calls it, the graph's, the package.
    """
    import numpy as np
    import onnx
    import onnxruntime
    import polars as pl
    import xgboost

    from slipway.bundle.load import load as open_bundle
    from slipway.features.apply import transform
    from slipway.features.inputs import inputs
    from slipway.features.plan import Plan
    from slipway.serving.predicting.batches import Batches, Way

    cores = os.cpu_count() or 1
    bundle = open_bundle(folder / "bundle")
    if bundle.batch is None:
        sys.exit("XGBoost's library can't be loaded here")
    sums = bundle.batch.booster.sums
    plan = Plan.from_json((folder / "bundle/native/plan.json").read_text())
    graph = onnx.load(folder / "bundle/model.onnx")
    (trees,) = (node for node in graph.graph.node if node.op_type.startswith("TreeEnsemble"))
    alone = onnx.helper.make_model(
        onnx.helper.make_graph(
            [trees],
            "trees",
            [onnx.helper.make_tensor_value_info(trees.input[0], onnx.TensorProto.FLOAT, ["N", None])],
            [onnx.helper.make_tensor_value_info(trees.output[-1], onnx.TensorProto.FLOAT, ["N", None])],
        ),
        opset_imports=graph.opset_import,
        ir_version=graph.ir_version,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(alone.SerializeToString(), options, providers=["CPUExecutionProvider"])
    served = {threads: Batches(bundle.engines, threads, bundle.golden.inputs) for threads in {1, cores}}
    print(*(f"{threads} threads: {way}" for threads, way in served.items()), sep="\n", file=sys.stderr)
    split = Way("trees", lambda rows: sums(rows["x"]), cores)
    boosters = [xgboost.Booster({"nthread": threads}) for threads in (1, cores)]
    for booster in boosters:
        booster.load_model(folder / "bundle/native/model.ubj")
    one, many = boosters
    frame = pl.read_parquet(folder / "data.parquet")
    parts = [frame[start : start + 1000] for start in range(0, 10_000, 1000)]
    raw = [inputs(part, bundle.schema.kinds) for part in parts]
    features = [np.ascontiguousarray(transform(plan, part, bundle.schema)) for part in parts]
    ways = {
        "batch_slipway_ms": lambda at: served[1].predict(raw[at]),
        "batch_graph_ms": lambda at: bundle.predict(raw[at]),
        "batch_xgboost_ms": lambda at: one.inplace_predict(transform(plan, parts[at], bundle.schema)),
        "batch_slipway_cores_ms": lambda at: served[cores].predict(raw[at]),
        "batch_xgboost_cores_ms": lambda at: many.inplace_predict(transform(plan, parts[at], bundle.schema)),
        "trees_slipway_ms": lambda at: sums(features[at]),
        "trees_graph_ms": lambda at: session.run(None, {trees.input[0]: features[at]}),
        "trees_xgboost_ms": lambda at: one.inplace_predict(features[at]),
        "trees_slipway_cores_ms": lambda at: served[cores].go(split, {"x": features[at]}),
        "trees_xgboost_cores_ms": lambda at: many.inplace_predict(features[at]),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, call in ways.items():
            call(0)  # does not count, for threads of the way before may still be awake
            for place in range(len(parts)):
                began = time.perf_counter()
                call(place)
                taken[name].append((time.perf_counter() - began) * 1e3)
    medians = {name: statistics.median(values) for name, values in taken.items()}
    return {**medians, **{f"{name}_best": min(values) for name, values in taken.items()}}


def image_mb() -> float | None:
    """Size of the server's image; None where there is no engine or no image."""
    if shutil.which("docker") is None:
        return None
    for tag in ("localhost/slipway/server", "slipway/test-server:test"):
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
        **batch(folder, 3 if quick else 20),
        "workers": workers(folder, rows, seconds),
        "scraped": scraped(folder, rows, seconds, rounds),
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
    print(f"\n{'1,000 rows, ms: median (best)':<34}{'slipway':>18}{'XGBoost':>18}{'graph alone':>18}")
    for name, key in (
        ("from raw columns, one thread", "batch_{}_ms"),
        ("from raw columns, all cores", "batch_{}_cores_ms"),
        ("trees alone, one thread", "trees_{}_ms"),
        ("trees alone, all cores", "trees_{}_cores_ms"),
    ):
        known = [at for at in map(key.format, ("slipway", "xgboost", "graph")) if at in result]
        cells = [f"{result[at]:.2f} ({result[f'{at}_best']:.2f})" for at in known]
        print(f"{name:<34}" + "".join(f"{cell:>18}" for cell in cells))
    print(f"\n{'workers':<10}{'requests/s':>12}{'MB each':>10}")
    for count, item in result["workers"].items():
        print(f"{count:<10}{item['rps_16']:>12,.0f}{item['memory_mb']:>10.0f}")
    print(
        "\np99 at 16 connections: {p99_16_ms:.2f} ms; {p99_16_scraped_ms:.2f} ms with ten scrapes a second".format(
            **result["scraped"]
        )
    )
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
