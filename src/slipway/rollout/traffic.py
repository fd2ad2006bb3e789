"""Who gets which share of the requests."""

from dataclasses import dataclass
from typing import Protocol

from slipway.rollout import tracks
from slipway.rollout.api import Cluster
from slipway.rollout.revision import Revision
from slipway.rollout.surroundings import route
from slipway.spec import Serving


class Traffic(Protocol):
    """A way to divide requests between the stable revision and a canary."""

    @property
    def exact(self) -> bool:
        """Whether shares are what is asked for, whatever the number of pods."""
        ...

    def share(self, stable: Revision, percent: float) -> None:
        """Gives the canary a share of the requests, in percent; 0 sends all to the stable revision."""
        ...


@dataclass(frozen=True, slots=True)
class Pods:
    """By the number of pods: the Service sends requests to both tracks alike."""

    cluster: Cluster
    exact: bool = False

    def share(self, stable: Revision, percent: float) -> None:
        """Opens the Service to both tracks, or closes it to all but the stable one."""
        self.cluster.apply(tracks.service(stable.service, "both" if percent else tracks.STABLE))


@dataclass(frozen=True, slots=True)
class Gateway:
    """By the weights of an HTTPRoute of the Gateway API."""

    cluster: Cluster
    serving: Serving
    to: Revision
    exact: bool = True

    def share(self, stable: Revision, percent: float) -> None:
        """Weighs the two Services."""
        name = stable.deployment["metadata"]["name"]
        weights = {name: round(100 - percent), tracks.canary_name(name): round(percent)}
        found = next(item for item in self.to.signed() if item["kind"] == "HTTPRoute")
        spec = route(self.serving, weights if percent else {name: 100})["spec"]
        self.cluster.apply({**found, "spec": spec})
