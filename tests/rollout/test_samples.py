import math
from typing import Any

import numpy as np
import pytest

from slipway.rollout.connection import RefusedError
from slipway.rollout.samples import Counters, Window
from slipway.spec import Analysis

MINE, OTHER = "a" * 12, "b" * 12
TRACK = {
    "metadata": {"annotations": {"slipway/digest": "a" * 64}},
    "spec": {"selector": {"matchLabels": {"slipway/track": "canary"}}},
}


def metrics(good: int, bad: int = 0, version: str = MINE, route: str = "predict") -> str:
    whose, total = f'version="{version}",route="{route}"', good + bad
    return (
        f'slipway_requests_total{{{whose},status="200"}} {good}\n'
        f'slipway_requests_total{{{whose},status="503"}} {bad}\n'
        f'slipway_request_seconds_bucket{{{whose},le="0.001"}} {good}\n'
        f'slipway_request_seconds_bucket{{{whose},le="+Inf"}} {total}\n'
        f'slipway_score_bucket{{version="{version}",le="0.5"}} {good // 2}\n'
        f'slipway_score_bucket{{version="{version}",le="+Inf"}} {good}\n'
    )


class Pods:
    """A cluster whose pods tell metrics by their names; a number is a refusal."""

    def __init__(self, **told: str | int) -> None:
        self.told = told

    def find(self, _: str, __: Any) -> list[Any]:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        return [{"metadata": {"name": name, "uid": name}, "status": ready} for name in self.told]

    def ask(self, _: str, name: str, __: str, ___: str) -> str:
        told = self.told[name]
        if isinstance(told, int):
            message = "no"
            raise RefusedError(message, told)
        return told


def window(pods: Pods, **then: str | int) -> Any:
    """What the pods' track answered while they came to tell something else."""
    made = Window(pods, (TRACK,), Analysis())  # type: ignore[arg-type]
    pods.told = then
    return made.samples(1)[0]


def test_only_what_was_counted_since_counts() -> None:
    found = window(Pods(one=metrics(10, 1), two=metrics(5)), one=metrics(30, 4), two=metrics(6))
    assert (found.requests, found.failures) == (24, 3)
    assert found.seconds.tolist() == [0.001, math.inf]
    assert found.latencies.tolist() == [21, 3]
    assert found.scores.tolist() == [11, 10]


def test_a_pod_that_started_anew_or_came_later_counts_whole() -> None:
    found = window(Pods(one=metrics(10)), one=metrics(4), late=metrics(3))
    assert found.requests == 7


def test_a_pod_that_tells_nothing_yet_or_is_gone_is_no_obstacle() -> None:
    assert window(Pods(one=metrics(1), idle="", gone=metrics(9)), one=metrics(4), idle="", away=503).requests == 3
    assert window(Pods(idle=""), idle="").requests == 0


def test_what_another_version_or_another_route_answered_is_left_out() -> None:
    text = metrics(3) + metrics(5, version=OTHER) + metrics(7, route="explain") + metrics(2, route="infer")
    assert sum(Counters.parse(text, MINE).requests.values()) == 5
    assert sum(Counters.parse(text).requests.values()) == 10


def test_who_may_not_read_metrics_is_told() -> None:
    with pytest.raises(RefusedError):
        window(Pods(one=403))


def test_the_bins_of_scores_are_those_of_the_server() -> None:
    found = Counters.parse(metrics(10), MINE).sample()
    assert np.array_equal(found.edges, [0.5, math.inf])
    assert found.scores.sum() == 10
