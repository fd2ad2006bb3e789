"""One rollout of a predictor at a time: a Lease, renewed while it lasts, that also holds how far it is."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from slipway.errors import RolloutError, SlipwayError
from slipway.rollout.api import Cluster
from slipway.rollout.templates import Object, annotation, labels

logger = logging.getLogger(__name__)

SECONDS = 30
"""Seconds after which a rollout that renews its Lease no more counts as gone."""

_RENEW_SECONDS = 5.0
_ATTEMPTS = 20
_PROGRESS = "slipway/progress"

Request = Literal["", "promote", "abort"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rollout is.

    Attributes:
        revision: Number of the revision that is on its way; 0 when none is.
        strategy: How traffic moves to it.
        phase: What is being done, in a few words.
        step: Steps of a canary that are behind it.
        percent: Share of the requests that it gets.
        paused: Whether somebody asked it to stay as it is.
        request: What somebody asked for.
        analysis: The sentences of the last analysis.
    """

    revision: int = 0
    strategy: str = ""
    phase: str = ""
    step: int = 0
    percent: float = 0.0
    paused: bool = False
    request: Request = ""
    analysis: tuple[str, ...] = ()


AT_REST: dict[str, Any] = {"revision": 0, "phase": "", "step": 0, "percent": 0.0, "paused": False, "request": ""}
"""Changes of the progress when nothing is on its way any more."""


@dataclass(slots=True)
class Lease:
    """A Lease that is held.

    Attributes:
        cluster: Where it is.
        name: Name of the predictor.
        holder: Who holds it.
    """

    cluster: Cluster
    name: str
    holder: str
    _lost: str = field(default="", init=False)
    _renewed: float = field(default_factory=time.monotonic, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    def require(self) -> None:
        """Checks that it is still held.

        Raises:
            RolloutError: Another one holds it, or may: it could not be renewed in time.
        """
        if time.monotonic() - self._renewed > SECONDS:
            message = f"the Lease of {self.name!r} could not be renewed for {SECONDS} s, so another rollout may have it"
            raise RolloutError(message)
        if self._lost:
            message = f"another rollout of {self.name!r} took over: {self._lost}"
            raise RolloutError(message)

    def progress(self) -> Progress:
        """How far the rollout is, and what was asked of it."""
        self.require()
        return progress(self.cluster, self.name)

    def advance(self, **changes: object) -> Progress:
        """Writes down how far the rollout is.

        Args:
            **changes: Fields of ``Progress``.
        """
        self.require()
        return advance(self.cluster, self.name, **changes)

    def answered(self, request: Request) -> None:
        """Takes a request off, unless something else is asked for by now."""
        self.require()
        _change(self.cluster, self.name, lambda now: replace(now, request="") if now.request == request else now)

    def _renew(self) -> None:
        while not self._ended.wait(_RENEW_SECONDS):
            try:
                found = self.cluster.get("Lease", lease_name(self.name))
                if found is None or found["spec"].get("holderIdentity") != self.holder:
                    self._lost = str((found or {"spec": {}})["spec"].get("holderIdentity", "its Lease was removed"))
                    return
                found["spec"]["renewTime"] = _now()
                if self.cluster.replace(found) is not None:
                    self._renewed = time.monotonic()
            except SlipwayError as error:
                logger.warning("the Lease is not renewed: %s", error)


@contextmanager
def held(cluster: Cluster, name: str, holder: str) -> Iterator[Lease]:
    """Holds the Lease of a predictor, and renews it meanwhile.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        holder: Who wants it.

    Raises:
        RolloutError: A rollout that is alive holds it.
    """
    _take(cluster, name, holder)
    advance(cluster, name, request="")
    lease = Lease(cluster, name, holder)
    thread = threading.Thread(target=lease._renew, name="lease", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        lease._ended.set()
        thread.join()
        _release(cluster, name, holder)


def holder(cluster: Cluster, name: str) -> str:
    """Who holds the Lease of a predictor now; empty when nobody alive does."""
    found = cluster.get("Lease", lease_name(name))
    return str(found["spec"]["holderIdentity"]) if found is not None and _alive(found) else ""


def progress(cluster: Cluster, name: str) -> Progress:
    """How far the rollout of a predictor is."""
    found = cluster.get("Lease", lease_name(name))
    return _progress_of(found) if found else Progress()


def advance(cluster: Cluster, name: str, **changes: object) -> Progress:
    """Writes down how far the rollout of a predictor is, or what is asked of it.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        **changes: Fields of ``Progress``.

    Raises:
        RolloutError: There is no Lease, or others write to it all the time.
    """
    return _change(cluster, name, lambda now: replace(now, **changes))  # type: ignore[arg-type]


def _change(cluster: Cluster, name: str, change: Callable[[Progress], Progress]) -> Progress:
    """Changes the progress as it is now: what somebody else wrote meanwhile is read again, never written over."""
    for _ in range(_ATTEMPTS):
        found = cluster.get("Lease", lease_name(name))
        if found is None:
            message = f"the Lease {lease_name(name)!r} in namespace {cluster.namespace!r} was removed"
            raise RolloutError(message)
        now = change(_progress_of(found))
        found["metadata"].setdefault("annotations", {})[_PROGRESS] = json.dumps(asdict(now))
        if cluster.replace(found) is not None:
            return now
    message = f"the Lease {lease_name(name)!r} is written to by others all the time; try again"
    raise RolloutError(message)


def _progress_of(found: Object) -> Progress:
    text = annotation(found, _PROGRESS)
    known = json.loads(text) if text else {}
    return Progress(**{**known, "analysis": tuple(known.get("analysis", ()))})


def lease_name(name: str) -> str:
    """Name of the Lease of a predictor."""
    return f"{name}-rollout"


def _take(cluster: Cluster, name: str, holder: str) -> None:
    times = {"acquireTime": _now(), "renewTime": _now(), "leaseDurationSeconds": SECONDS}
    made = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": lease_name(name), "namespace": cluster.namespace, "labels": labels(name, "rollout")},
        "spec": {"holderIdentity": holder, **times},
    }
    if cluster.create(made) is not None:
        return
    found = cluster.get("Lease", lease_name(name))
    if found is not None and not _alive(found):
        found["spec"].update(made["spec"])
        if cluster.replace(found) is not None:
            return
    who = found["spec"].get("holderIdentity") if found else "somebody"
    message = (
        f"another rollout of {name!r} is under way, held by {who}; wait for its end, or end it with "
        "slipway rollout abort"
    )
    raise RolloutError(message)


def _release(cluster: Cluster, name: str, holder: str) -> None:
    for _ in range(_ATTEMPTS):
        found = cluster.get("Lease", lease_name(name))
        if found is None or found["spec"].get("holderIdentity") != holder:
            return
        found["spec"]["holderIdentity"] = ""
        if cluster.replace(found) is not None:
            return


def _alive(found: Object) -> bool:
    renewed = found["spec"].get("renewTime")
    if not found["spec"].get("holderIdentity") or not renewed:
        return False
    return datetime.fromisoformat(renewed) > datetime.now(UTC) - timedelta(seconds=SECONDS)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
