"""How a revision comes to serve: rolling, blue-green, canary."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway.errors import RolloutError
from slipway.rollout import tracks
from slipway.rollout import trial as trials
from slipway.rollout import wait as waiting
from slipway.rollout.alive import SECONDS, KeptAlive
from slipway.rollout.analysis import Verdict, analyse
from slipway.rollout.api import Cluster
from slipway.rollout.lease import Lease, Progress
from slipway.rollout.revision import Revision
from slipway.rollout.samples import Window
from slipway.rollout.settle import remove_canary, settle, sized, take_back
from slipway.rollout.templates import Object
from slipway.rollout.traffic import Gateway, Pods, Traffic
from slipway.rollout.wait import Rollout, wait
from slipway.spec import Rollout as Settings
from slipway.spec import Serving

logger = logging.getLogger(__name__)

ON_TRIAL = "on trial"
"""Phase of an A/B test or a shadow, which lasts until somebody ends it."""


class AbortedError(RolloutError):
    """Somebody asked to end the rollout."""


@dataclass(frozen=True, slots=True)
class Move:
    """A move of traffic to a revision.

    Attributes:
        cluster: The cluster.
        lease: Held while it lasts.
        to: The revision.
        good: The last good revision; None when there is none.
        serving: How it is served.
        settings: How traffic moves.
        smoke: Asks a Service for the golden rows, by its name; raises when it answers otherwise.
    """

    cluster: Cluster
    lease: Lease
    to: Revision
    good: Revision | None
    serving: Serving
    settings: Settings
    smoke: Callable[[str], None]

    @property
    def name(self) -> str:
        """Name of the predictor."""
        return str(self.to.deployment["metadata"]["name"])

    @property
    def stable(self) -> Revision:
        """The last good revision, for moves that begin from one."""
        assert self.good is not None  # noqa: S101 - run() rolls out at once where there is none
        return self.good


def run(move: Move) -> bool:
    """Moves traffic to a revision by the strategy of the spec; the first one, and the same one again, are rolled out.

    What another rollout left half done is taken back before a part of the traffic is given to this one.

    Args:
        move: What moves where.

    Returns:
        Whether it has all the traffic; False when it is on trial from now on.

    Raises:
        RolloutError: It can't serve, or does not do as well; the traffic is then wherever it came to be.
    """
    ways = {"rolling": rolling, "blue-green": blue_green, "canary": canary, "ab": trial, "shadow": trial}
    strategy = move.settings.strategy
    if move.good is None or move.good.name == move.to.name:
        strategy = "rolling"
    before = move.lease.progress()
    if before.revision and (before.revision, before.strategy) != (move.to.number, strategy):
        move.lease.advance(step=0, paused=False)
        if strategy != "rolling":
            take_back(move.cluster, move.stable, move.serving.timeout_s, _requests(move))
    move.lease.advance(revision=move.to.number, strategy=strategy)
    ways[strategy](move)
    return ways[strategy] is not trial


def rolling(move: Move) -> None:
    """New pods come first; old ones go when each new one is ready, which it is only after its golden rows."""
    move.lease.advance(phase="rolling", percent=0.0)
    settle(move.cluster, move.to, move.serving.timeout_s, _requests(move))
    move.smoke(move.name)


def blue_green(move: Move) -> None:
    """A full second set is tested through its own Service before the traffic is switched to it as a whole."""
    pods_wanted = _replicas(move.cluster, move.stable, move.serving)
    move.lease.advance(phase="green comes up", percent=0.0)
    _raise_canary(move, pods_wanted, leased=False)
    move.smoke(tracks.canary_name(move.name))
    _check_requests(move)
    move.lease.advance(phase="switched to green", percent=100.0)
    move.cluster.apply(tracks.service(move.stable.service, tracks.CANARY))
    move.smoke(move.name)
    _stay(move, move.settings.grace_s)
    _promote(move, lambda: None)


def canary(move: Move) -> None:
    """The share of the requests rises step by step; after each one an analysis decides."""
    traffic: Traffic = Pods(move.cluster)
    if move.serving.exposure.gateway:
        traffic = Gateway(move.cluster, move.serving, move.to)
    stable = _replicas(move.cluster, move.stable, move.serving)
    done = move.lease.progress().step
    for index, (percent, replicas) in enumerate(steps(move.settings.steps, stable, exact=traffic.exact)):
        if index < done:
            continue
        _step(move, traffic, percent, replicas)
        move.lease.advance(step=index + 1)
    track = tracks.canary(move.to.deployment, 1, leased=True)
    _promote(move, KeptAlive(move.cluster, track, math.inf if traffic.exact else SECONDS))


def trial(move: Move) -> None:
    """Pods serve both revisions: an A/B test, or a shadow. It lasts until it is promoted or aborted."""
    move.lease.advance(phase="pods take up the challenger", percent=0.0)
    good = move.stable.signed()
    both = trials.deployment(good[-1], move.to.deployment, move.settings)
    applied = move.cluster.apply(*good[:-2], sized(move.cluster, both))
    wait(move.cluster, Rollout(applied[-1], move.serving.timeout_s, _requests(move)))
    move.cluster.apply(good[-2])
    remove_canary(move.cluster, move.name)
    percent = move.settings.trial.percent if move.settings.strategy == "ab" else 0.0
    move.lease.advance(phase=ON_TRIAL, percent=percent)


def steps(wanted: list[int], stable: int, *, exact: bool) -> list[tuple[float, int]]:
    """The shares below the whole that a canary is given, and the pods that it needs for them.

    Args:
        wanted: Shares in percent.
        stable: Pods of the stable revision.
        exact: Whether shares don't depend on the number of pods; otherwise steps that come out alike are one.
    """
    made: list[tuple[float, int]] = []
    for percent in (item for item in wanted if item < 100):
        replicas = max(min(2, stable), math.ceil(stable * percent / 100)) if exact else tracks.pods_for(stable, percent)
        step = (float(percent) if exact else tracks.share(stable, replicas), replicas)
        if step not in made:
            made.append(step)
    return made


def _step(move: Move, traffic: Traffic, percent: float, replicas: int) -> None:
    move.lease.advance(phase=f"canary at {percent:.3g} %", percent=percent)
    logger.info("canary: %.3g %% of the requests, %d pods", percent, replicas)
    track = _raise_canary(move, replicas, leased=True, guarded=traffic.exact)
    move.smoke(tracks.canary_name(move.name))
    traffic.share(move.stable, percent)
    _analyse(move, track)


def _raise_canary(move: Move, replicas: int, *, leased: bool, guarded: bool = False) -> Object:
    """The second track comes up.

    Args:
        move: What moves where.
        replicas: Its pods.
        leased: Whether its pods are trusted only as long as the rollout is alive, and else not ready.
        guarded: Whether they answer with the last good bundle then, where a Service of their own would be left empty.
    """
    service = tracks.service(move.to.service, tracks.CANARY, name=tracks.canary_name(move.name))
    wanted = trials.guarded(move.to.deployment, move.stable.deployment) if guarded else move.to.deployment
    track = tracks.canary(wanted, replicas, leased=leased)
    around = [item for item in move.to.signed() if item["kind"] in ("ServiceAccount", "NetworkPolicy")]
    applied = move.cluster.apply(*around, service, track)
    alive: Callable[[], object] = KeptAlive(move.cluster, track) if leased else lambda: None
    alive()
    wait(move.cluster, Rollout(applied[-1], move.serving.timeout_s, _both(_requests(move), alive)))
    alive()
    return track


def _analyse(move: Move, track: Object) -> None:
    window = Window(move.cluster, (move.stable.deployment, track), move.settings.analysis)
    began = time.monotonic()
    deadline = began + move.settings.step_s + move.settings.hold_s
    while True:
        deadline += _watch(move, track, move.settings.step_s)
        if move.lease.progress().request == "promote":
            move.lease.answered("promote")
            return
        stable, trial = window.samples(time.monotonic() - began)
        verdict = analyse(stable, trial, move.settings.analysis)
        move.lease.advance(analysis=verdict.sentences)
        for sentence in verdict.sentences:
            logger.info("%s", sentence)
        if verdict.decision == "promote":
            return
        if verdict.decision == "rollback" or time.monotonic() > deadline:
            raise RolloutError(_refusal(verdict))


def _refusal(verdict: Verdict) -> str:
    wrong = [
        f"{item.title}: {item.sentence}" for item in verdict.checks if item.decision in (verdict.decision, "rollback")
    ]
    said = "does worse than the stable revision" if verdict.decision == "rollback" else "could not be judged in time"
    return f"the canary {said} ({'; '.join(wrong)})"


def _promote(move: Move, alive: Callable[[], object]) -> None:
    """Rolls the stable track over while the canary goes on serving its share, and closes the Service to it last."""
    move.lease.advance(phase="promoting")
    alive()
    settle(move.cluster, move.to, move.serving.timeout_s, _both(_requests(move), alive))
    move.smoke(move.name)


def _stay(move: Move, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        _check_requests(move)
        time.sleep(min(waiting.POLL_SECONDS, seconds))


def _watch(move: Move, track: Object, seconds: float) -> float:
    """Lets the canary gather evidence; a pause makes it last until somebody resumes, promotes or aborts.

    Returns:
        Seconds that it was paused.
    """
    alive, paused, before = KeptAlive(move.cluster, track), 0.0, time.monotonic()
    deadline = before + seconds
    while True:
        alive()
        progress, now = _check_requests(move), time.monotonic()
        paused += now - before if progress.paused else 0.0
        before = now
        if progress.request == "promote" or (now >= deadline and not progress.paused):
            return paused
        time.sleep(min(waiting.POLL_SECONDS, seconds))


def _requests(move: Move) -> Callable[[], object]:
    return lambda: _check_requests(move)


def _both(one: Callable[[], object], other: Callable[[], object]) -> Callable[[], object]:
    return lambda: (one(), other())


def _check_requests(move: Move) -> Progress:
    progress = move.lease.progress()
    if progress.request == "abort":
        message = "somebody asked to abort it"
        raise AbortedError(message)
    return progress


def _replicas(cluster: Cluster, good: Revision, serving: Serving) -> int:
    """Pods of the stable track now; an autoscaler may have changed what the spec says."""
    found = cluster.get("Deployment", good.deployment["metadata"]["name"])
    return int(found["spec"]["replicas"]) if found else serving.replicas
