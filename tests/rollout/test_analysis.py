import math

import numpy as np
import pytest

from slipway.rollout.analysis import Sample, add, analyse
from slipway.spec import Analysis

LIMITS = Analysis()
BOUNDS = np.array([0.001, 0.002, 0.004, math.inf])


def edges_of(bins: int) -> np.ndarray:
    return np.append(np.arange(1, bins) / max(bins, 1), math.inf)[:bins]


def sample(
    requests: int = 2000,
    failures: int = 0,
    latencies: tuple[float, ...] = (0.9, 0.095, 0.005, 0.0),
    scores: object = (),
) -> Sample:
    counts = np.array(latencies) * requests
    found = np.asarray(scores, dtype=np.float64)
    return Sample(requests, failures, BOUNDS, counts, edges_of(len(found)), found)


def test_the_same_answers_are_promoted() -> None:
    verdict = analyse(sample(scores=[500, 500]), sample(scores=[500, 500]), LIMITS)
    assert verdict.decision == "promote"
    assert [item.title for item in verdict.checks] == ["requests", "errors", "latency", "scores"]


def test_too_few_requests_say_nothing() -> None:
    verdict = analyse(sample(), sample(requests=LIMITS.min_requests - 1), LIMITS)
    assert verdict.decision == "hold"


def test_failures_are_seen_before_there_are_enough_requests() -> None:
    assert analyse(sample(), sample(requests=50, failures=50), LIMITS).decision == "rollback"


@pytest.mark.parametrize(
    ("failures", "decision"), [(0, "promote"), (16, "hold"), (200, "rollback")], ids=["none", "some", "many"]
)
def test_failures_decide(failures: int, decision: str) -> None:
    assert analyse(sample(), sample(failures=failures), LIMITS).decision == decision


def test_failures_that_can_be_compared_with_nothing_decide_nothing() -> None:
    assert analyse(sample(requests=0), sample(requests=50, failures=50), LIMITS).decision == "hold"


def test_latencies_that_nobody_tells_are_no_reason_to_promote() -> None:
    silent = sample(latencies=(0.0, 0.0, 0.0, 0.0))
    for pair in ((sample(), silent), (silent, sample())):
        verdict = analyse(*pair, LIMITS)
        assert verdict.decision == "hold"
        assert "no latencies" in verdict.checks[2].sentence


def test_a_slow_canary_is_rolled_back() -> None:
    slow = sample(latencies=(0.0, 0.0, 0.9, 0.1))
    verdict = analyse(sample(), slow, LIMITS)
    assert verdict.decision == "rollback"
    assert "p99" in verdict.checks[2].sentence


def test_other_scores_are_rolled_back() -> None:
    verdict = analyse(sample(scores=[500, 500]), sample(scores=[50, 950]), LIMITS)
    assert verdict.checks[-1].decision == "rollback"


def test_a_few_scores_that_differ_by_chance_are_not() -> None:
    verdict = analyse(sample(scores=[50] * 10), sample(scores=[5] * 9 + [8]), LIMITS)
    assert verdict.checks[-1].decision == "promote"


@pytest.mark.parametrize(("ours", "decision"), [(1.0, "promote"), (0.96, "promote"), (0.9, "rollback"), (None, "hold")])
def test_the_business_metric_decides_when_it_is_asked_for(ours: float | None, decision: str) -> None:
    limits = Analysis(business="sum(sales{pod=~'{pods}'})", prometheus="http://prometheus")
    assert analyse(_with(1.0), _with(ours), limits).decision == decision


def _with(business: float | None) -> Sample:
    one = sample()
    return Sample(one.requests, one.failures, one.seconds, one.latencies, one.edges, one.scores, business)


def test_newcombe_interval_of_the_published_example() -> None:
    """56 of 70 against 48 of 80: 0.0524 to 0.3339 (Newcombe 1998, table II, method 10)."""
    verdict = analyse(sample(80, 48), sample(70, 56), Analysis(min_requests=1))
    assert "+20.00% (+5.24% to +33.39%)" in verdict.checks[1].sentence


def test_samples_add_up() -> None:
    whole = add([sample(scores=[1, 2]), sample(requests=10, failures=1, scores=[3, 4])])
    assert (whole.requests, whole.failures) == (2010, 1)
    assert whole.scores.tolist() == [4, 6]
    assert whole.latencies.sum() == pytest.approx(2010)


def test_scores_in_bins_of_their_own_are_compared() -> None:
    one, other = sample(scores=[250, 250, 250, 250]), sample(scores=[125] * 8)
    assert analyse(one, other, LIMITS).checks[-1].sentence.startswith("PSI 0.000")
