"""Whether a canary does as well as the stable revision, over the same minutes: promote, hold or roll back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from slipway.spec import Analysis

Floats = npt.NDArray[np.float64]
Decision = Literal["promote", "hold", "rollback"]

_LATENCY_SHARE = 0.99
_FEWEST_SCORES = 0.5
"""Added to every bin of scores, so that an empty bin is not infinitely far (Jeffreys' prior)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the pods of a track answered within some minutes.

    Attributes:
        requests: Requests that were answered.
        failures: Those that the server failed (status 5xx).
        seconds: Upper bounds of the latency histogram, shape ``(b,)``, the last one infinite.
        latencies: Requests within each bound but not the one before, shape ``(b,)``.
        edges: Upper bounds of the bins of scores, shape ``(k,)``, the last one infinite.
        scores: Predictions in each bin, shape ``(k,)``; empty when the server tells none.
        business: Value of the business metric; None when none is asked for or there is no value.
    """

    requests: float
    failures: float
    seconds: Floats
    latencies: Floats
    edges: Floats
    scores: Floats
    business: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison.

    Attributes:
        title: What is compared.
        decision: What it says.
        sentence: With the numbers.
    """

    title: str
    decision: Decision
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all the comparisons say together.

    Attributes:
        decision: Roll back when one of them says so, promote when all do, else hold.
        checks: The comparisons.
    """

    decision: Decision
    checks: tuple[Check, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Every comparison in a sentence."""
        return tuple(f"{item.title}: {item.sentence}" for item in self.checks)


def analyse(stable: Sample, canary: Sample, limits: Analysis) -> Verdict:
    """Compares a canary with the stable revision.

    Args:
        stable: What the stable pods answered.
        canary: What the canary's pods answered over the same minutes.
        limits: How much worse it may be.
    """
    checks = [_enough(stable, canary, limits)]
    if checks[0].decision == "promote":
        checks += [_errors(stable, canary, limits), _latency(stable, canary, limits)]
        if len(stable.scores) > 1 and len(canary.scores) > 1:
            checks.append(_scores(stable, canary, limits))
        if limits.business:
            checks.append(_business(stable, canary, limits))
    elif canary.failures > stable.failures:
        early = _errors(stable, canary, limits)
        checks += [early] * (early.decision == "rollback")
    decisions = {item.decision for item in checks}
    decision: Decision = "rollback" if "rollback" in decisions else "hold" if "hold" in decisions else "promote"
    return Verdict(decision, tuple(checks))


def _enough(stable: Sample, canary: Sample, limits: Analysis) -> Check:
    enough = min(stable.requests, canary.requests) >= limits.min_requests
    sentence = (
        f"stable answered {stable.requests:.0f}, the canary {canary.requests:.0f}; at least {limits.min_requests} each"
    )
    return Check("requests", "promote" if enough else "hold", sentence)


def _errors(stable: Sample, canary: Sample, limits: Analysis) -> Check:
    """Newcombe's hybrid score interval of the difference of two shares (Statistics in Medicine 17, 1998, method 10)."""
    ours, theirs = (_wilson(sample.failures, sample.requests, limits.confidence) for sample in (canary, stable))
    difference = ours[0] - theirs[0]
    low = difference - math.hypot(ours[0] - ours[1], theirs[2] - theirs[0])
    high = difference + math.hypot(ours[2] - ours[0], theirs[0] - theirs[1])
    limit = limits.max_error_increase
    sentence = (
        f"{ours[0]:.2%} against {theirs[0]:.2%}, {difference:+.2%} ({low:+.2%} to {high:+.2%}); at most {limit:+.2%}"
    )
    return Check("errors", _decide(low, high, limit), sentence)


def _latency(stable: Sample, canary: Sample, limits: Analysis) -> Check:
    """Ratio of the p99 latencies, between the extremes of their order-statistic intervals."""
    if not (stable.latencies.any() and canary.latencies.any()):
        return Check("latency", "hold", "no latencies are told of both revisions")
    ours, theirs = (_quantile(sample.seconds, sample.latencies, limits.confidence) for sample in (canary, stable))
    limit = limits.max_latency_ratio
    low, high = ours[1] / theirs[2], ours[2] / theirs[1]
    sentence = (
        f"p99 {ours[0] * 1e3:.3g} ms against {theirs[0] * 1e3:.3g} ms, {ours[0] / theirs[0]:.2f} times "
        f"({low:.2f} to {high:.2f}); at most {limit:g}"
    )
    point = ours[0] / theirs[0]
    return Check("latency", "rollback" if low > limit else "promote" if point <= limit else "hold", sentence)


def _scores(stable: Sample, canary: Sample, limits: Analysis) -> Check:
    """Population stability index of the scores, less what sampling alone gives, (k - 1) (1/n + 1/m)."""
    ours, theirs = (_on(item, stable.edges) + _FEWEST_SCORES for item in (canary, stable))
    p, q = ours / ours.sum(), theirs / theirs.sum()
    index = float(np.sum((p - q) * np.log(p / q)))
    chance = (len(p) - 1) * (1 / ours.sum() + 1 / theirs.sum())
    limit = limits.max_score_psi
    low = max(0.0, index - 2 * chance)
    decision: Decision = "rollback" if low > limit else "promote" if index <= limit else "hold"
    return Check("scores", decision, f"PSI {index:.3f}, {chance:.3f} of it by chance; at most {limit:g}")


def _business(stable: Sample, canary: Sample, limits: Analysis) -> Check:
    if stable.business is None or canary.business is None:
        return Check("business", "hold", "Prometheus has no value for both revisions")
    drop = (stable.business - canary.business) / abs(stable.business) if stable.business else 0.0
    limit = limits.max_business_drop
    sentence = f"{canary.business:.4g} against {stable.business:.4g}, {-drop:+.2%}; at least {-limit:+.2%}"
    return Check("business", "promote" if drop <= limit else "rollback", sentence)


def _decide(low: float, high: float, limit: float) -> Decision:
    if low > limit:
        return "rollback"
    return "promote" if high <= limit else "hold"


def _wilson(count: float, of: float, confidence: float) -> tuple[float, float, float]:
    """A share and Wilson's score interval of it; of nothing, it is anywhere."""
    if not of:
        return 0.0, 0.0, 1.0
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    share = count / of
    middle = (count + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(count * (of - count) / of + z * z / 4)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def _quantile(seconds: Floats, counts: Floats, confidence: float) -> tuple[float, float, float]:
    """A quantile of a histogram, and its interval from the binomial ranks; linear within a bin."""
    n = float(counts.sum())
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    half = z * math.sqrt(n * _LATENCY_SHARE * (1 - _LATENCY_SHARE))
    ranks = [n * _LATENCY_SHARE, n * _LATENCY_SHARE - half, n * _LATENCY_SHARE + half]
    finite = np.where(np.isinf(seconds), seconds[-2] * 2, seconds)
    bounds, totals = np.concatenate([[0.0], finite]), np.concatenate([[0.0], np.cumsum(counts)])
    middle, low, high = (_at(bounds, totals, min(max(rank, 0.5), n)) for rank in ranks)
    return middle, low, high


def _on(sample: Sample, edges: Floats) -> Floats:
    """Scores in bins of other bounds, as if they lay evenly within their own; bundles of regressions have their own."""
    if np.array_equal(sample.edges, edges):
        return sample.scores
    totals = np.cumsum(sample.scores)
    inner = np.interp(edges[:-1], sample.edges[:-1], totals[:-1], left=0.0)
    return np.diff(np.concatenate([inner, totals[-1:]]), prepend=0.0)


def _at(bounds: Floats, totals: Floats, rank: float) -> float:
    upper = int(np.searchsorted(totals, rank))
    within = (rank - totals[upper - 1]) / (totals[upper] - totals[upper - 1])
    return float(bounds[upper - 1] + within * (bounds[upper] - bounds[upper - 1]))


def add(samples: Sequence[Sample]) -> Sample:
    """What several pods, or several windows, answered together.

    Raises:
        ValueError: Their histograms have other bounds.
    """
    first = samples[0]
    if any(not np.array_equal(item.seconds, first.seconds) for item in samples):
        message = "histograms of other bounds can't be added"
        raise ValueError(message)
    return Sample(
        requests=sum(item.requests for item in samples),
        failures=sum(item.failures for item in samples),
        seconds=first.seconds,
        latencies=np.sum([item.latencies for item in samples], axis=0),
        edges=first.edges,
        scores=np.sum([item.scores for item in samples], axis=0),
    )
