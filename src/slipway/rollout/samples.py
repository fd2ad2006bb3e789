"""What the pods of a track answered within some minutes, from their own metrics or from a Prometheus."""

import json
import logging
import math
import re
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from slipway.errors import RolloutError
from slipway.rollout.analysis import Sample, add
from slipway.rollout.api import Cluster
from slipway.rollout.connection import RefusedError
from slipway.rollout.templates import DIGEST, Object, annotation
from slipway.rollout.wait import is_ready, pods
from slipway.spec import Analysis

logger = logging.getLogger(__name__)

REQUESTS, SECONDS, SCORES = "slipway_requests_total", "slipway_request_seconds_bucket", "slipway_score_bucket"
_PREDICTING = ("predict", "infer")
"""Routes whose answers are predictions; probes and explanations say nothing about them."""

_SECONDS_TO_ANSWER = 10

Key = TypeVar("Key")


@dataclass(slots=True)
class Counters:
    """Counters of one process; they only grow.

    Attributes:
        requests: Requests by status.
        seconds: Requests within each upper bound of the latency, cumulative.
        scores: Predictions up to each upper bound, cumulative.
    """

    requests: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    seconds: dict[float, float] = field(default_factory=lambda: defaultdict(float))
    scores: dict[float, float] = field(default_factory=lambda: defaultdict(float))

    @classmethod
    def parse(cls, text: str, version: str = "") -> "Counters":
        """The counters in Prometheus' text format; labels other than status and bound are added up.

        Args:
            text: The metrics.
            version: What must have answered; empty for whatever did.

        Raises:
            ValueError: It is not in that format.
        """
        made = cls()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.labels.get("route", _PREDICTING[0]) not in _PREDICTING:
                    continue
                if version and sample.labels.get("version") != version:
                    continue
                if sample.name == REQUESTS:
                    made.requests[sample.labels.get("status", "")] += sample.value
                elif sample.name == SECONDS:
                    made.seconds[float(sample.labels["le"])] += sample.value
                elif sample.name == SCORES:
                    made.scores[float(sample.labels["le"])] += sample.value
        return made

    def since(self, before: "Counters") -> "Counters":
        """What was counted since; everything when the process started anew."""
        if sum(self.requests.values()) < sum(before.requests.values()):
            return self
        return Counters(
            _less(self.requests, before.requests),
            _less(self.seconds, before.seconds),
            _less(self.scores, before.scores),
        )

    def sample(self) -> Sample:
        """The counters as numbers of requests and predictions within each bin."""
        bounds = sorted(self.seconds) or [1.0, math.inf]
        failures = sum(count for status, count in self.requests.items() if status.startswith("5"))
        return Sample(
            requests=sum(self.requests.values()),
            failures=failures,
            seconds=np.array(bounds),
            latencies=_within(self.seconds, bounds),
            edges=np.array(sorted(self.scores)),
            scores=_within(self.scores, sorted(self.scores)),
        )


@dataclass(slots=True)
class Window:
    """The time since a moment, during which two tracks are compared.

    Attributes:
        cluster: The cluster.
        tracks: The Deployments.
        limits: Where metrics come from.
    """

    cluster: Cluster
    tracks: tuple[Object, ...]
    limits: Analysis
    _before: list[dict[str, Counters]] = field(init=False)

    def __post_init__(self) -> None:
        self._before = [self._read(track) for track in self.tracks]

    def samples(self, seconds: float) -> list[Sample]:
        """What each track answered since the window began.

        Args:
            seconds: Length of the window, for Prometheus.
        """
        if self.limits.prometheus:
            return [_prometheus(self.cluster, track, self.limits, seconds) for track in self.tracks]
        return [_difference(before, self._read(track)) for before, track in zip(self._before, self.tracks, strict=True)]

    def _read(self, track: Object) -> dict[str, Counters]:
        if self.limits.prometheus:
            return {}
        return read(self.cluster, track)


def read(cluster: Cluster, track: Object) -> dict[str, Counters]:
    """The counters of each pod of a Deployment that gets requests, by the pod's unique id.

    Args:
        cluster: The cluster.
        track: The Deployment.

    Raises:
        RolloutError: The pods' metrics can't be read at all; who runs this lacks the right.
    """
    found = {}
    for pod in pods(cluster, track):
        if is_ready(pod):
            try:
                text = cluster.ask("Pod", pod["metadata"]["name"], "8080", "/metrics")
                found[pod["metadata"]["uid"]] = Counters.parse(str(text), _version(track))
            except RefusedError as error:
                if error.status in (401, 403):
                    raise
                logger.warning("pod %s tells no metrics: %s", pod["metadata"]["name"], error)
    return found


def _version(track: Object) -> str:
    """What its pods are to answer with; what they hold beside it is another revision's."""
    return annotation(track, DIGEST)[:12]


def _difference(before: dict[str, Counters], after: dict[str, Counters]) -> Sample:
    """What pods answered between two looks; one that answered nothing may not tell its histograms yet either."""
    changes = [now.since(before.get(pod, Counters())).sample() for pod, now in after.items()]
    told = [item for item in changes if item.requests]
    return add(told) if told else Counters().sample()


def _less(now: dict[Key, float], then: dict[Key, float]) -> dict[Key, float]:
    return {key: value - then.get(key, 0.0) for key, value in now.items()}


def _within(cumulative: dict[float, float], bounds: Iterable[float]) -> np.ndarray:
    return np.diff(np.array([cumulative.get(bound, 0.0) for bound in bounds], dtype=np.float64), prepend=0.0)


def _prometheus(cluster: Cluster, track: Object, limits: Analysis, seconds: float) -> Sample:
    """What Prometheus counts now, less what it did at the beginning; a series that is new, or began anew, counts whole.

    ``increase`` would miss what came before the first scrape of a series, such as the first failures.
    """
    names = "|".join(re.escape(pod["metadata"]["name"]) for pod in pods(cluster, track)) or "none"
    whose = f'namespace="{cluster.namespace}",pod=~"{names}",version="{_version(track)}"'
    ago = f"offset {max(1, math.ceil(seconds))}s"
    counters = Counters()
    for metric, label, into in (
        (REQUESTS, "status", counters.requests),
        (SECONDS, "le", counters.seconds),
        (SCORES, "le", counters.scores),
    ):
        now = f"{metric}{{{whose}}}"
        query = f"sum by ({label}) (({now} - {now} {ago} >= 0) or {now})"
        for key, value in _query(limits.prometheus, query, label):
            into[key if label == "status" else float(key)] += value  # type: ignore[index]
    business = None
    if limits.business:
        values = [value for _, value in _query(limits.prometheus, limits.business.replace("{pods}", names), "")]
        business = values[0] if len(values) == 1 and math.isfinite(values[0]) else None
    return replace(counters.sample(), business=business)


def _query(prometheus: str, query: str, label: str) -> list[tuple[str, float]]:
    url = f"{prometheus.rstrip('/')}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS_TO_ANSWER) as response:  # noqa: S310 - the spec names it
            result = json.load(response)["data"]["result"]
        return [(item["metric"].get(label, ""), float(item["value"][1])) for item in result]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        message = f"rollout.analysis.prometheus {prometheus!r} does not answer {query!r}: {error}"
        raise RolloutError(message) from None
