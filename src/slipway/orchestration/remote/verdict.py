"""What a run decided about its model, and why a step of it failed, as far as KFP tells."""

import json
import re
from dataclasses import dataclass
from typing import Literal

from slipway.data import storage
from slipway.errors import GateError, StorageError
from slipway.orchestration.remote.follow import Progress
from slipway.orchestration.remote.package import Package

Outcome = Literal["", "promoted", "not promoted", "kept", "refused"]

_JUDGE, _LAST, _FILE = "evaluate", "deploy", "verdict"
_LOGS = "executor-logs"
"""KFP's name of what a step printed, with the number of the try after it."""

_ERROR = re.compile(r"^slipway\.[\w.]+\.(\w+): (.*)$", re.MULTILINE)
"""An error of ours as Python prints it at a traceback's end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a model.

    Attributes:
        outcome: ``kept`` or ``refused`` only where the verdict can be read, else ``not promoted``; empty for a pipeline
            that deploys nothing. Of a run that failed, ``refused`` when a gate on the data said no, else empty.
        reason: Why, in sentences; empty when it can't be read.
    """

    outcome: Outcome = ""
    reason: str = ""


def verdict(package: Package, end: Progress, run_id: str, pipeline_root: str) -> Verdict:
    """The verdict of a run.

    KFP's API tells states, and neither outputs nor exit codes: whether the step ``deploy`` ran is whether the model was
    promoted. Why it was not is in an artifact, and why a step failed is in its log, which can be read here when the
    pipeline root is a URI that this machine can read.

    Args:
        package: The pipeline.
        end: How the run ended.
        run_id: The run.
        pipeline_root: URI below which the run kept its artifacts; empty for KFP's default, which only pods can read.
    """
    unread = _as_states_tell(package, end)
    judged = end.state == "succeeded" and unread.outcome
    if not pipeline_root or not (judged or end.state == "failed"):
        return unread
    where = storage.join(pipeline_root.partition("?")[0], package.name, run_id)
    try:
        found = _read(storage.join(where, _JUDGE)) if judged else _said(where, end)
    except (StorageError, ValueError, KeyError, TypeError) as error:
        return Verdict(unread.outcome, f"what the run kept below {pipeline_root} can't be read: {error}")
    return found or unread


def _as_states_tell(package: Package, end: Progress) -> Verdict:
    if end.state != "succeeded" or not {_JUDGE, _LAST} <= set(package.steps):
        return Verdict()
    last = end.steps.get(_LAST)
    return Verdict("promoted" if last is not None and last.state == "succeeded" else "not promoted")


def _read(folder: str) -> Verdict | None:
    """The verdict of the step's last attempt; KFP puts each attempt's artifacts into a folder of its own."""
    written = _newest(folder, _FILE)
    if written is None:
        return None
    raw = json.loads(storage.read_bytes(written))
    return Verdict(raw["outcome"], raw["reason"])


def _said(where: str, end: Progress) -> Verdict | None:
    """The sentence of the first step that failed and says why."""
    failed = (storage.join(where, step.name) for step in end.steps.values() if step.state == "failed")
    for log in (_newest(folder, _LOGS) for folder in failed):
        errors = _ERROR.findall(storage.read_bytes(log).decode(errors="replace")) if log else []
        if errors:
            kind, sentence = errors[-1]
            return Verdict("refused" if kind == GateError.__name__ else "", sentence)
    return None


def _newest(folder: str, name: str) -> str | None:
    """The file, of those in the folders of a step's attempts whose names begin with a name, that was written last."""
    attempts = (storage.join(folder, attempt) for attempt in storage.names(folder))
    found = [storage.join(attempt, item) for attempt in attempts for item in storage.names(attempt)]
    return max((uri for uri in found if uri.rpartition("/")[2].startswith(name)), key=storage.modified, default=None)
