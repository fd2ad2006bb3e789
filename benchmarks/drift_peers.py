"""Other tools on the same drift task, each run by the Python of its own virtual environment; prints one JSON object.

``drift_peers.py time TOOL REFERENCE CURRENT`` measures reading, comparing and reporting.
``drift_peers.py flags TOOL FOLDER`` says for each pair of tables in a folder whether the tool calls the data drifted.
"""

import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

VENVS = {
    "evidently": ["evidently==0.7.23", "pandas<3", "pyarrow"],
    "nannyml": ["nannyml==0.13.1", "statsmodels", "pandas<3"],
    "whylogs": ["whylogs[viz]==1.6.4", "pandas<3", "pyarrow"],
    "alibi-detect": ["alibi-detect==0.13.0", "pandas<3", "pyarrow<19"],
}
"""What is installed for each tool; Evidently fails at import on pandas 3, NannyML without
statsmodels, and alibi-detect has NumPy 1."""


def ready(folder: Path, tool: str) -> Path:
    """The Python of a tool's virtual environment, which is made when it is not there."""
    import subprocess
    import venv

    python = folder / tool / "bin" / "python"
    if not python.exists():
        venv.create(folder / tool, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *VENVS[tool]], check=True)
    compiled(python)
    return python


def compiled(python: Path) -> None:
    """Compiles the modules of an environment, as far as they are not, so that no tool's import is charged for it."""
    import subprocess

    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([python, "-m", "compileall", "-qq", folder], check=False)


def categories(frame: Any) -> list[str]:
    return [name for name in frame.columns if not str(frame[name].dtype).startswith(("float", "int"))]


def evidently(reference: Any, current: Any) -> tuple[Any, dict[str, bool]]:
    from evidently import Report
    from evidently.presets import DataDriftPreset

    result = Report([DataDriftPreset()]).run(current, reference)
    values = [metric["value"] for metric in result.dict()["metrics"]]
    drifted = next(value for value in values if isinstance(value, dict) and "share" in value)
    return result, {"evidently": drifted["share"] >= 0.5, "evidently, any column": drifted["count"] > 0}


def nannyml(reference: Any, current: Any) -> tuple[Any, dict[str, bool]]:
    import nannyml

    texts = categories(reference)
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=list(reference.columns),
        treat_as_categorical=texts,
        continuous_methods=["kolmogorov_smirnov", "jensen_shannon", "wasserstein"],
        categorical_methods=["chi2", "jensen_shannon"],
        chunk_number=1,
    )
    calculator.fit(reference)
    result = calculator.calculate(current)
    return result, {}


def whylogs(reference: Any, current: Any) -> tuple[Any, dict[str, bool]]:
    import whylogs
    from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

    views = [whylogs.log(pandas=frame).view() for frame in (current, reference)]
    return calculate_drift_scores(target_view=views[0], reference_view=views[1], with_thresholds=True), {}


def alibi_detect(reference: Any, current: Any) -> tuple[Any, dict[str, bool]]:
    import numpy as np
    import pandas as pd
    from alibi_detect.cd import TabularDrift

    texts = categories(reference)
    both = pd.concat([reference[texts], current[texts]])
    coded = {name: pd.factorize(both[name])[0].astype("float64") for name in texts}
    n = len(reference)
    arrays = [
        np.column_stack([coded[name][side] if name in coded else frame[name] for name in frame.columns])
        for frame, side in ((reference, slice(None, n)), (current, slice(n, None)))
    ]
    places = {list(reference.columns).index(name): None for name in texts}
    found = TabularDrift(arrays[0], p_val=0.05, categories_per_feature=places).predict(arrays[1])
    return found, {"alibi-detect": bool(found["data"]["is_drift"])}


TOOLS: dict[str, Callable[[Any, Any], tuple[Any, dict[str, bool]]]] = {
    "evidently": evidently,
    "nannyml": nannyml,
    "whylogs": whylogs,
    "alibi-detect": alibi_detect,
}


def peak_mb() -> float:
    """The largest resident set of this process alone, in MB (getrusage counts the one that started it too)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def timed(tool: str, paths: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    __import__({"alibi-detect": "alibi_detect.cd"}.get(tool, tool))
    import pandas as pd

    imported = time.perf_counter()
    result, _ = TOOLS[tool](*(pd.read_parquet(path) for path in paths))
    with tempfile.TemporaryDirectory() as folder:
        if tool == "evidently":
            result.save_html(str(Path(folder) / "report.html"))
        if tool == "nannyml":
            result.plot(kind="drift").write_html(Path(folder) / "report.html")
    done = time.perf_counter()
    return {"seconds": done - imported, "import_s": imported - began, "peak_mb": peak_mb()}


def flags(tool: str, folder: Path) -> dict[str, dict[str, bool]]:
    import pandas as pd

    pairs = sorted(folder.glob("*-reference.parquet"))
    found: dict[str, dict[str, bool]] = {}
    for path in pairs:
        both = [pd.read_parquet(str(path).replace("-reference", f"-{side}")) for side in ("reference", "current")]
        for verdict, drifted in TOOLS[tool](*both)[1].items():
            found.setdefault(verdict, {})[path.name.removesuffix("-reference.parquet")] = bool(drifted)
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    what, tool, *rest = sys.argv[1:]
    spoken = os.dup(1)
    os.dup2(2, 1)  # what tools print must not mix with the object
    result = timed(tool, rest) if what == "time" else flags(tool, Path(rest[0]))
    os.write(spoken, json.dumps(result).encode())


if __name__ == "__main__":
    main()
