"""A canary's pods are trusted only while the rollout that watches them is alive."""

import time
from dataclasses import dataclass, field

from slipway.rollout import tracks
from slipway.rollout.api import Cluster, missing
from slipway.rollout.templates import Object
from slipway.rollout.wait import pods

SECONDS = 60
"""Seconds for which a canary's pods are trusted after the rollout that watches them was last seen."""


@dataclass(slots=True)
class KeptAlive:
    """Tells a canary's pods that the rollout that watches them is alive; without it they step back by themselves.

    Attributes:
        cluster: Where they are.
        track: Their Deployment.
        seconds: How long they are trusted without being told again; infinite once nothing can go wrong any more.
    """

    cluster: Cluster
    track: Object
    seconds: float = SECONDS
    _told: dict[str, float] = field(default_factory=dict, init=False)

    def __call__(self) -> None:
        """Tells each pod that was not told for a while."""
        now = time.time()
        for pod in pods(self.cluster, self.track):
            name = pod["metadata"]["name"]
            if now - self._told.get(name, 0) < SECONDS / 4:
                continue
            body = {"metadata": {"annotations": {tracks.LEASED: f"{now + self.seconds:.0f}"}}}
            with missing():  # a pod may go at any time
                self.cluster.patch("Pod", name, body)
                self._told[name] = now
