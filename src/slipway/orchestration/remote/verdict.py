"""What a run decided about its model, and why a step of it failed, as far as KFP tells."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from slipway.data import storage
from slipway.errors import GateError, StorageError
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.follow import Progress, Step
from slipway.orchestration.remote.package import Package
from slipway.orchestration.remote.refusal import RefusalError

Outcome = Literal["", "promoted", "not promoted", "kept", "refused"]

_JUDGE, _LAST = "evaluate", "deploy"
_JUDGED = re.compile(rf"^{_JUDGE}: (promoted|kept|refused): (.*)$", re.MULTILINE)
"""What ``evaluate`` prints of its verdict."""

_ERROR = re.compile(r"^slipway\.[\w.]+\.(\w+): (.*)$", re.MULTILINE)
"""An error of ours as Python prints it at a traceback's end."""

_KEPT = "executor-logs"
"""KFP's name of a log below the pipeline root; the number of the try follows."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a model.

    Attributes:
        outcome: ``kept`` or ``refused`` only where a log can be read, else ``not promoted``; empty for a pipeline that
            deploys nothing. Of a run that failed, ``refused`` when a gate on the data said no, else empty.
        reason: Why, in sentences; empty when it can't be read.
    """

    outcome: Outcome = ""
    reason: str = ""


def verdict(api: Api, package: Package, end: Progress, run_id: str, pipeline_root: str) -> Verdict:
    """The verdict of a run.

    KFP's API tells states, and neither outputs nor exit codes: whether the step ``deploy`` ran is whether the model was
    promoted. Why it was not, and why a step failed, is in the log of the step, which KFP passes on where it archives
    logs, as it does unless told otherwise, and keeps below the pipeline root.

    Args:
        api: KFP.
        package: The pipeline.
        end: How the run ended.
        run_id: The run.
        pipeline_root: URI below which the run kept its artifacts; empty for KFP's default, which only pods can read.
    """
    kept = storage.join(pipeline_root.partition("?")[0], package.name, run_id) if pipeline_root else ""
    try:
        if end.state == "failed":
            return _of_failure(api, end, run_id, kept)
        if end.state == "succeeded" and {_JUDGE, _LAST} <= set(package.steps):
            return _of_model(api, end, run_id, kept)
    except StorageError as error:
        unread: Outcome = "not promoted" if end.state == "succeeded" else ""
        return Verdict(unread, f"what the run kept below {pipeline_root} can't be read: {error}")
    return Verdict()


def _of_model(api: Api, end: Progress, run_id: str, kept: str) -> Verdict:
    last, judge = end.steps.get(_LAST), end.steps.get(_JUDGE)
    if last is not None and last.state == "succeeded":
        return Verdict("promoted")
    said = _JUDGED.findall(_log(api, run_id, judge, kept)) if judge else []
    return Verdict(cast(Outcome, said[-1][0]), said[-1][1]) if said else Verdict("not promoted")


def _of_failure(api: Api, end: Progress, run_id: str, kept: str) -> Verdict:
    """The sentence of the first step that failed and says why."""
    for step in (step for step in end.steps.values() if step.state == "failed"):
        said = _ERROR.findall(_log(api, run_id, step, kept))
        if said:
            kind, sentence = said[-1]
            return Verdict("refused" if kind == GateError.__name__ else "", sentence)
    return Verdict()


def _log(api: Api, run_id: str, step: Step, kept: str) -> str:
    """What a step printed; empty when neither KFP nor the pipeline root has it."""
    try:
        if step.node:
            return api.log(run_id, step.node)
    except RefusalError:  # this KFP archives no logs
        pass
    return _newest(storage.join(kept, step.name)) if kept else ""


def _newest(folder: str) -> str:
    """The log of the last try; each has a folder of its own, or a number."""
    tries = (storage.join(folder, name) for name in storage.names(folder))
    logs = [storage.join(one, name) for one in tries for name in storage.names(one) if name.startswith(_KEPT)]
    return storage.read_bytes(max(logs, key=storage.modified)).decode(errors="replace") if logs else ""
