"""What a run that succeeded decided about its model, as far as KFP tells."""

import json
from dataclasses import dataclass
from typing import Literal

from slipway.data import storage
from slipway.errors import StorageError
from slipway.orchestration.remote.follow import Progress
from slipway.orchestration.remote.package import Package

Outcome = Literal["", "promoted", "not promoted", "kept", "refused"]

_JUDGE, _LAST, _FILE = "evaluate", "deploy", "verdict"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a model.

    Attributes:
        outcome: ``kept`` or ``refused`` only where the verdict can be read, else ``not promoted``; empty for a pipeline
            that deploys nothing, and for a run that did not succeed.
        reason: Why, in sentences; empty when it can't be read.
    """

    outcome: Outcome = ""
    reason: str = ""


def verdict(package: Package, end: Progress, run_id: str, pipeline_root: str) -> Verdict:
    """The verdict of a run.

    KFP's API tells states, and no outputs: whether the step ``deploy`` ran is whether the model was promoted. Why it
    was not is in an artifact, which can be read here when the pipeline root is a URI that this machine can read.

    Args:
        package: The pipeline.
        end: How the run ended.
        run_id: The run.
        pipeline_root: URI below which the run kept its artifacts; empty for KFP's default, which only pods can read.
    """
    if end.state != "succeeded" or not {_JUDGE, _LAST} <= set(package.steps):
        return Verdict()
    last = end.steps.get(_LAST)
    promoted = last is not None and last.state == "succeeded"
    unread = Verdict("promoted" if promoted else "not promoted")
    if not pipeline_root:
        return unread
    try:
        found = _read(storage.join(pipeline_root.partition("?")[0], package.name, run_id, _JUDGE))
    except (StorageError, ValueError, KeyError, TypeError) as error:
        return Verdict(unread.outcome, f"the verdict below {pipeline_root} can't be read: {error}")
    return found or unread


def _read(folder: str) -> Verdict | None:
    """The verdict of the step's last attempt; KFP puts each attempt's artifacts into a folder of its own."""
    known = [storage.join(folder, attempt, _FILE) for attempt in storage.names(folder)]
    written = [uri for uri in known if storage.exists(uri)]
    if not written:
        return None
    raw = json.loads(storage.read_bytes(max(written, key=storage.modified)))
    return Verdict(raw["outcome"], raw["reason"])
