"""What a run ends with: the verdict, where things are, and how to ask the model something."""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from slipway.bundle import manifest as manifests
from slipway.bundle.golden import Golden
from slipway.data import storage
from slipway.data.schema import Schema
from slipway.evaluation.verdict import Verdict
from slipway.evaluation.wording import number, percent, span

FILES = {
    "report": "report.html",
    "card": "card.md",
    "data_report": "data.html",
    "drift_report": "drift.html",
    "verdict": "verdict.json",
}
"""Output of the pipeline to the name it has in the run's folder."""

_TITLES = {"promoted": "promoted", "kept": "champion kept", "refused": "refused"}
_STYLES = {"promoted": "bold green", "kept": "bold yellow", "refused": "bold red"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a run.

    Attributes:
        name: The model's name.
        verdict: What was decided, and why.
        files: Name to path of what the run left behind, the challenger's bundle included.
        endpoint: Where predictions are answered; empty when nothing is served.
        forward: A command that brings the endpoint to this machine; empty when it is here already.
        example: A request for the endpoint; None when nothing is served.
    """

    name: str
    verdict: Verdict
    files: dict[str, Path]
    endpoint: str
    forward: str
    example: dict[str, Any] | None

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain JSON values."""
        return {
            "name": self.name,
            "outcome": self.verdict.outcome,
            "verdict": asdict(self.verdict),
            "files": {name: str(path) for name, path in self.files.items()},
            "endpoint": self.endpoint,
            "forward": self.forward,
            "example": self.example,
        }

    def show(self, console: Console) -> None:
        """Prints the outcome for a person."""
        outcome = self.verdict.outcome
        console.print()
        console.print(Text.assemble((f"{self.name}: {_TITLES[outcome]}", _STYLES[outcome]), f"  {self.verdict.reason}"))
        console.print()
        console.print(Padding(_candidates(self.verdict), (0, 0, 1, 2)))
        console.print(Padding(_gates(self.verdict), (0, 0, 1, 2)))
        for remark in self.verdict.remarks:
            console.print(Padding(Text(remark, "yellow"), (0, 0, 1, 2)))
        for name, path in self.files.items():
            console.print(f"  {name:<12} {path}", highlight=False, soft_wrap=True)
        if self.endpoint:
            console.print(f"\n  served at    {self.endpoint}", highlight=False, soft_wrap=True)
            asked = f"http://127.0.0.1:{self.endpoint.rpartition(':')[2]}" if self.forward else self.endpoint
            lines = [f"{self.forward} &"] * bool(self.forward) + [curl(asked, self.example)]
            console.print("\n" + "\n".join(lines) + "\n", highlight=False, soft_wrap=True, markup=False)


def curl(endpoint: str, example: Any) -> str:
    """A command that asks the endpoint for the prediction of a row; works when it is pasted into a shell."""
    body = json.dumps(example, ensure_ascii=False).replace("'", "'\\''")
    return f"curl -s {endpoint}/predict -H 'content-type: application/json' -d '{body}'"


def example(uri: str) -> dict[str, Any]:
    """A request with one golden row of a bundle."""
    schema = Schema.from_json(storage.read_bytes(storage.join(uri, manifests.SCHEMA)))
    golden = Golden.from_json(storage.read_bytes(storage.join(uri, manifests.GOLDEN)), schema)
    return {"rows": golden.rows(schema)[:1]}


def collect(outputs: dict[str, Any], folder: Path) -> tuple[Verdict, dict[str, Path]]:
    """Puts what a run made where a person finds it.

    Args:
        outputs: The pipeline's outputs.
        folder: The run's folder.

    Returns:
        The verdict, and name to path of each file.
    """
    files = {}
    for output, name in FILES.items():
        files[output.replace("_", " ")] = _copied(Path(outputs[output].path), folder / name)
    bundle = folder / "bundle"
    shutil.copytree(outputs["bundle"].path, bundle)
    verdict = Verdict.from_json((folder / FILES["verdict"]).read_bytes())
    return verdict, {**files, "bundle": bundle}


def _copied(source: Path, target: Path) -> Path:
    shutil.copyfile(source, target)
    return target


def _candidates(verdict: Verdict) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column(verdict.metric)
    table.add_column(f"{percent(verdict.confidence)} interval")
    table.add_column("validation", justify="right")
    table.add_column("trained in", justify="right")
    for item in verdict.candidates:
        name = f"{item.name} (challenger)" if item.role == "challenger" else item.name
        seconds = "" if item.seconds is None else f"{item.seconds:.1f} s"
        validation = "" if item.validation is None else number(item.validation)
        ends = span(item.score.low, item.score.high)
        style = "bold" if item.role == "challenger" else ""
        table.add_row(name, number(item.score.estimate), ends, validation, seconds, style=style)
    return table


def _gates(verdict: Verdict) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for gate in verdict.gates:
        mark = Text("✓", "green") if gate.passed else Text("✗", "red")
        table.add_row(mark, gate.title, gate.sentence)
    return table
