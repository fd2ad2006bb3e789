"""The gates: limits that a challenger must keep, each with a sentence that says how it went."""

from dataclasses import dataclass

from slipway.evaluation.metrics import Metric
from slipway.evaluation.sample import Sample
from slipway.evaluation.telling import Telling
from slipway.evaluation.wording import capital, count, number, plain, short
from slipway.spec import Gates

_CALIBRATE = "leave search.calibration at auto, bring more rows, or list other candidates"
_PARITY = "leave this candidate out of 'candidates', and report it"
_SMALLER = "list other candidates, or bound the search to smaller models; or raise the limit"


@dataclass(frozen=True, slots=True)
class Gate:
    """How one gate went.

    Attributes:
        name: The gate's name.
        title: What it looks at, for people.
        passed: Whether the value keeps the limit.
        value: What was measured.
        limit: What it was held against.
        rule: How value and limit must stand to each other.
        unit: Unit of both; empty for a plain number.
        sentence: What was found.
        remedy: What to do about it; empty where the gate passed.
    """

    name: str
    title: str
    passed: bool
    value: float
    limit: float
    rule: str
    unit: str
    sentence: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured on the challenger; None for what was not.

    Attributes:
        parity: Largest difference between the ONNX graph and the native model on the held-out rows.
        parity_limit: Largest difference that is allowed.
        bundle_mb: Size of the native model and its graphs, nearly all of a bundle, in MB (10^6 bytes).
        latency_ms: Median time to predict one row, in milliseconds.
    """

    parity: float | None = None
    parity_limit: float = 1e-5
    bundle_mb: float | None = None
    latency_ms: float | None = None


def enough_rows(sample: Sample, least: int) -> Gate:
    """A verdict must rest on enough rows, or entities, that stand for themselves.

    Args:
        sample: The test rows.
        least: Fewest that are allowed.
    """
    units, what = sample.units, "rows" if sample.entity is None else "entities"
    passed = units >= least
    said = f"the verdict rests on {count(units)} test {what}"
    why = "" if passed else f" (gates.min_test_rows asks for {count(least)})"
    remedy = "" if passed else "bring more rows, or raise split.test"
    return Gate("rows", f"Test {what}", passed, units, least, "≥", "", said + why, remedy)


def single_column(found: Telling, limit: float) -> Gate:
    """No column may tell the target almost by itself: such a column is often made from the target.

    Args:
        found: The column that tells most.
        limit: Most that it may tell.
    """
    passed = found.told <= limit
    said = f"column {short(found.column, 60)!r} alone tells {number(found.told)} of the target"
    why = "" if passed else f", as a copy of it would (gates.max_single_column allows {plain(limit)})"
    remedy = (
        f"list {short(found.column, 60)!r} under identifiers if it is only known after the fact, or set "
        "gates: {max_single_column: null} if a prediction has it in time"
    )
    title = "Most that one column tells"
    return Gate("single_column", title, passed, found.told, limit, "≤", "", said + why, "" if passed else remedy)


def check(limits: Gates, metric: Metric, score: float, calibration: float | None, measured: Measured) -> list[Gate]:
    """Holds the challenger against every limit that the spec sets.

    Args:
        limits: The spec's gates.
        metric: What decides.
        score: The challenger's score on the test rows.
        calibration: Its expected calibration error; None for a regression.
        measured: What was measured on the bundle.
    """
    gates = [
        _score(limits.min_score, metric, score),
        _calibration(limits.max_calibration_error, calibration),
        _parity(measured),
        _size(limits.max_bundle_mb, measured.bundle_mb),
        _latency(limits.max_latency_ms, measured.latency_ms),
    ]
    return [gate for gate in gates if gate is not None]


def _score(limit: float | None, metric: Metric, score: float) -> Gate | None:
    if limit is None:
        return None
    rule = "≥" if metric.higher_is_better else "≤"
    passed = score >= limit if metric.higher_is_better else score <= limit
    said = f"the {metric.title} on the test rows is {number(score)}"
    help_ = "" if passed else f" (gates.min_score asks for {plain(limit)} or better)"
    remedy = "" if passed else "bring better columns or more rows, or another gates.min_score"
    return Gate("score", capital(metric.title), passed, score, limit, rule, "", said + help_, remedy)


def _calibration(limit: float | None, error: float | None) -> Gate | None:
    if limit is None or error is None:
        return None
    said = f"probabilities are off by {number(error)} on average"
    return _at_most(
        "calibration", "Calibration error", error, limit, "", said, "gates.max_calibration_error", _CALIBRATE
    )


def _parity(measured: Measured) -> Gate | None:
    if measured.parity is None:
        return None
    said = f"the graph that is served and the native model differ by at most {number(measured.parity, 2)}"
    return _at_most(
        "parity", "Served graph against native model", measured.parity, measured.parity_limit, "", said, "", _PARITY
    )


def _size(limit: float, size: float | None) -> Gate | None:
    if size is None:
        return None
    said = f"the bundle has {number(size, 2)} MB"
    return _at_most("size", "Bundle size", size, limit, "MB", said, "gates.max_bundle_mb", _SMALLER)


def _latency(limit: float | None, latency: float | None) -> Gate | None:
    if limit is None or latency is None:
        return None
    said = f"predicting one row takes {number(latency, 2)} ms (median)"
    return _at_most("latency", "Time for one row", latency, limit, "ms", said, "gates.max_latency_ms", _SMALLER)


def _at_most(name: str, title: str, value: float, limit: float, unit: str, said: str, field: str, remedy: str) -> Gate:
    passed = value <= limit
    unit_text = f" {unit}" if unit else ""
    by = f" ({field} allows {plain(limit)}{unit_text})" if field else f" ({plain(limit)} is allowed)"
    return Gate(name, title, passed, value, limit, "≤", unit, said if passed else said + by, "" if passed else remedy)
