"""Where a model is worse than elsewhere: parts of the test rows, found over single columns and pairs of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.groups import Groups
from slipway.evaluation.sample import Sample

LEAST = 30
"""Fewest rows, and entities, of a part."""

_PAIRED = 12
"""Columns whose pairs are searched: those that split the errors most."""

_SHRINK = 4.0
"""Rows of the overall variance that are mixed into that of a part, which a few equal rows would put at nothing."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the test rows.

    Attributes:
        name: What its rows have in common, in words.
        rows: Rows in it.
        error: Mean error of its rows.
        excess: Mean error of its rows minus that of all others. All intervals of a search hold together at its
            confidence (Bonferroni), so that the worst of many is not taken for bad by chance.
        worse: Whether the whole interval of the excess is above zero.
    """

    name: str
    rows: int
    error: float
    excess: Interval
    worse: bool


@dataclass(frozen=True, slots=True)
class Slices:
    """What a search found.

    Attributes:
        each: Every part of a single column that has enough rows, in the order of the columns.
        worst: The parts whose excess is largest for sure, pairs included; not those that a wider part explains.
        searched: Parts that were looked at.
        error: Mean error of all rows.
        confidence: Confidence at which all intervals hold at once.
    """

    each: tuple[Slice, ...]
    worst: tuple[Slice, ...]
    searched: int
    error: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    rows: int
    error: float
    excess: float
    deviation: float
    parents: tuple[str, ...] = ()


def search(errors: Floats, groups: Sequence[Groups], sample: Sample, confidence: float, most: int = 8) -> Slices:
    """Looks for the parts of the rows on which the errors are largest.

    Args:
        errors: Error of each row, such as 1 where the decision is wrong, or the absolute error; shape (n,).
        groups: Groups of the rows, one a column.
        sample: The rows.
        confidence: Confidence at which all intervals hold at once.
        most: Most of the worst parts that are named.
    """
    single = [(each, _parts(errors, each.codes, [each.sentence(at) for at in range(len(each.names))], sample))
              for each in groups]  # fmt: skip
    strong = sorted(single, key=lambda one: -max((abs(part.excess) / part.deviation for part in one[1]), default=0))
    pairs = [
        part for a, b in combinations([one[0] for one in strong[:_PAIRED]], 2) for part in _pairs(errors, a, b, sample)
    ]
    parts = [part for _, found in single for part in found]
    searched = len(parts) + len(pairs)
    reach = float(stats.norm.ppf(1 - (1 - confidence) / 2 / max(searched, 1)))
    each = tuple(_slice(part, reach) for part in parts)
    return Slices(
        each,
        _worst([*parts, *pairs], reach, most),
        searched,
        float(np.average(errors, weights=sample.counts)),
        confidence,
    )


def _pairs(errors: Floats, a: Groups, b: Groups, sample: Sample) -> Iterable[_Part]:
    codes = a.codes * len(b.names) + b.codes
    parents = [(a.sentence(x), b.sentence(y)) for x in range(len(a.names)) for y in range(len(b.names))]
    found = _parts(errors, codes, [" and ".join(pair) for pair in parents], sample)
    told = {" and ".join(pair): pair for pair in parents}
    return [_Part(part.name, part.rows, part.error, part.excess, part.deviation, told[part.name]) for part in found]


def _parts(errors: Floats, codes: Ints, names: Sequence[str], sample: Sample) -> list[_Part]:
    """Parts with enough rows, with the excess of each and its standard deviation, robust to rows of one entity."""
    weight, size = sample.counts, len(names)
    rows = np.bincount(codes, minlength=size)
    held: Floats = np.bincount(codes, weight, size).astype(np.float64)
    total, wrong = weight.sum(), np.bincount(codes, weight * errors, size)
    rest = total - held
    enough = (_units(codes, size, sample) >= LEAST) & (rows >= LEAST) & (held > 0) & (rest > 0)
    inside = np.divide(wrong, held, out=np.zeros(size), where=enough)
    outside = np.divide(wrong.sum() - wrong, rest, out=np.zeros(size), where=enough)
    variance = _variance(errors, codes, inside, held, sample)
    spread = float(np.average((errors - np.average(errors, weights=weight)) ** 2, weights=weight))
    return [
        _Part(names[at], int(rows[at]), float(inside[at]), float(inside[at] - outside[at]), float(np.sqrt(deviation)))
        for at in np.flatnonzero(enough).tolist()
        if (deviation := (variance[at] * rows[at] + _SHRINK * spread / rows[at]) / (rows[at] + _SHRINK)
            + spread * (weight**2).sum() / total / rest[at]) > 0
    ]  # fmt: skip


def _units(codes: Ints, size: int, sample: Sample) -> Ints:
    if sample.entity is None:
        return np.bincount(codes, minlength=size)
    pairs = np.unique(codes * np.int64(sample.units) + sample.entity)
    return np.bincount(pairs // sample.units, minlength=size)


def _variance(errors: Floats, codes: Ints, means: Floats, held: Floats, sample: Sample) -> Floats:
    """Variance of each part's mean, from the sums of its residuals over rows, or over entities."""
    residuals: Floats = sample.counts * (errors - means[codes])
    if sample.entity is not None:
        cells, place = np.unique(codes * np.int64(sample.units) + sample.entity, return_inverse=True)
        residuals, codes = np.bincount(place, residuals).astype(np.float64), cells // sample.units
    squares = np.bincount(codes, residuals**2, len(means))
    return np.asarray(np.divide(squares, held**2, out=np.zeros(len(means)), where=held > 0))


def _slice(part: _Part, reach: float) -> Slice:
    low, high = (part.excess + side * reach * part.deviation for side in (-1, 1))
    return Slice(part.name, part.rows, part.error, Interval(part.excess, low, high), low > 0)


def _worst(parts: Sequence[_Part], reach: float, most: int) -> tuple[Slice, ...]:
    known = {part.name: part.excess for part in parts}
    wider = {part.name: max((known.get(name, 0.0) for name in part.parents), default=0.0) for part in parts}
    chosen = [part for part in parts if part.excess > 0 and part.excess > 1.25 * wider[part.name]]
    found = [_slice(part, reach) for part in chosen]
    return tuple(sorted((one for one in found if one.worse), key=lambda one: -one.excess.low)[:most])
