"""What KFP's local runner costs: train_and_deploy through it, against the same steps called directly.

Both ways read the churn example, train every candidate, evaluate, register and start the model server, each in a fresh
interpreter, in turn. ``--json`` prints one object, ``--quick`` measures each way once.
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
from importlib.metadata import version
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).parents[1] / "examples" / "churn" / "slipway.yaml"
PORT = 18_431
LIMIT = 1.25


def arguments(folder: Path) -> dict[str, Any]:
    from slipway.orchestration.arguments import train_and_deploy
    from slipway.spec import load

    spec = load(EXAMPLE)
    serving = spec.serving.model_copy(update={"port": PORT})
    spec = spec.model_copy(update={"registry": str(folder / "registry"), "serving": serving})
    return train_and_deploy(spec, to="local", state=str(folder / "server.json"))


def through_kfp(folder: Path) -> None:
    from slipway.orchestration import warm

    with warm.interpreter():
        from slipway.pipelines import train_and_deploy

        from slipway.orchestration.local import run

        run(train_and_deploy, arguments(folder), folder / "run", lambda _: None)


def directly(folder: Path) -> None:
    from slipway.steps.deploy import deploy
    from slipway.steps.drift import drift
    from slipway.steps.evaluate import evaluate
    from slipway.steps.featurize import featurize
    from slipway.steps.register import register
    from slipway.steps.train import train
    from slipway.steps.validate import validate

    given = arguments(folder)
    where = {
        name: str(folder / name)
        for name in ("table", "contract", "findings", "rows", "features", "plan", "models", "bundle", "verdict", "card")
    }
    data = (
        "data",
        "target",
        "task",
        "positive",
        "event_time",
        "identifiers",
        "sensitive",
        "consent",
        "types",
        "quality",
    )

    def places(*names: str) -> dict[str, str]:
        return {name: where[name] for name in names}

    def fields(*names: str) -> dict[str, Any]:
        return {name: given[name] for name in names}

    validate(fields(*data), **places("table", "contract", "findings"))
    drift(
        {**fields("name", "registry"), "drift": given["drift_limits"]},
        **places("table", "contract"),
        report=str(folder / "drift.html"),
        findings=str(folder / "drift.json"),
    )
    featurize(
        {"split": fields("validation", "test", "seed"), "features": given["features"]},
        **places("table", "contract", "rows", "features", "plan"),
    )
    train(
        fields("candidates", "metric", "threshold", "costs", "search"),
        seed=given["seed"],
        report=str(folder / "search.html"),
        **places("rows", "features", "contract", "models"),
    )
    judged = evaluate(
        fields("name", "registry", "metric", "costs", "gates"),
        seed=given["seed"],
        report=str(folder / "report.html"),
        **places("rows", "features", "plan", "models", "contract", "bundle", "verdict", "card"),
    )
    assert judged.promoted
    register(fields("name", "registry"), **places("bundle"), champion=judged.champion)
    deploy(fields("name", "registry", "serving"), **places("bundle"), to="local", state=str(folder / "server.json"))


WAYS = {"kfp": through_kfp, "library": directly}


def measure(way: str) -> tuple[float, dict[str, float]]:
    """Seconds of a whole run, and of each step inside of it."""
    from slipway.rollout import local

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = folder / "events.jsonl"
        environment = {**os.environ, "SLIPWAY_EVENTS": str(told)}
        start = time.perf_counter()
        subprocess.run([sys.executable, __file__, "--only", way, str(folder)], check=True, env=environment)
        seconds = time.perf_counter() - start
        local.stop(folder / "server.json")
        return seconds, steps(folder / "run" / "events.jsonl" if way == "kfp" else told)


def steps(told: Path) -> dict[str, float]:
    from slipway.steps import events

    since: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for event in events.read(told)[0]:
        if event.kind == "started":
            since[event.step] = event.time
        elif event.kind == "finished":
            seconds[event.step] = event.time - since[event.step]
    return seconds


def compare(rounds: int) -> dict[str, Any]:
    measured: dict[str, list[tuple[float, dict[str, float]]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, results in measured.items():
            results.append(measure(way))
    run_s, library_s = (statistics.median(seconds for seconds, _ in measured[way]) for way in ("kfp", "library"))
    inside = {
        way: {name: statistics.median(result[1][name] for result in results) for name in results[0][1]}
        for way, results in measured.items()
    }
    return {
        "run_s": run_s,
        "library_s": library_s,
        "ratio": run_s / library_s,
        "limit": LIMIT,
        "step_overhead_s": (run_s - sum(inside["kfp"].values())) / len(inside["kfp"]),
        "steps": inside,
        "rounds": rounds,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("kfp", "xgboost-cpu", "scikit-learn", "polars", "onnxruntime")},
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"\n{'step':<12}{'through KFP':>14}{'directly':>12}")
    for name, seconds in result["steps"]["kfp"].items():
        print(f"{name:<12}{seconds:>12.2f} s{result['steps']['library'][name]:>10.2f} s")
    rest = [
        result[whole] - sum(result["steps"][way].values())
        for whole, way in (("run_s", "kfp"), ("library_s", "library"))
    ]
    print(f"{'the rest':<12}{rest[0]:>12.2f} s{rest[1]:>10.2f} s   (interpreters, imports, compiling, KFP's own work)")
    print(f"{'whole run':<12}{result['run_s']:>12.2f} s{result['library_s']:>10.2f} s")
    print(f"\nratio {result['ratio']:.2f} (limit {LIMIT}); {result['step_overhead_s']:.2f} s around each step")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        WAYS[options.only[0]](Path(options.only[1]))
        return
    result = compare(1 if options.quick else 5)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
