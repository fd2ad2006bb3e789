"""Prometheus' text format, version 0.0.4."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from slipway.serving.telemetry.board import Series


class Reading(NamedTuple):
    """A number that something else counts.

    Attributes:
        family: Name of the metric.
        kind: ``gauge``, or ``counter``: a count since this process began.
        said: Its help.
        labels: Its labels.
        value: The number.
    """

    family: str
    kind: str
    said: str
    labels: dict[str, str]
    value: float


Totals = dict[Series, list[float]]


def total(blocks: Iterable[tuple[Sequence[Series], list[float]]]) -> Totals:
    """The sum of each series over all workers."""
    sums: Totals = {}
    for series, values in blocks:
        at = 0
        for item in series:
            part = values[at : at + item.width]
            at += item.width
            before = sums.get(item)
            sums[item] = part if before is None else [a + b for a, b in zip(before, part, strict=True)]
    return sums


def text(totals: Totals, families: Mapping[str, tuple[str, str]]) -> str:
    """The text that Prometheus reads; counters that never counted are left out.

    Args:
        totals: The series.
        families: Name to type and help.
    """
    lines: list[str] = []
    for family, (kind, said) in families.items():
        samples = [
            line for item, values in totals.items() if item.family == family for line in _lines(item, kind, values)
        ]
        if samples:
            lines += [f"# HELP {family} {said}", f"# TYPE {family} {kind}", *samples]
    return "\n".join(lines) + "\n"


def label(**labels: str) -> str:
    """Labels as Prometheus writes them."""
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _lines(item: Series, kind: str, values: list[float]) -> list[str]:
    if kind != "histogram":
        return [] if kind == "counter" and not values[0] else [f"{item.family}{{{item.labels}}} {values[0]:.17g}"]
    comma = "," if item.labels else ""
    *counts, total_ = values
    lines, passed = [], 0.0
    for bound, count in zip([*(f"{value:g}" for value in item.bounds), "+Inf"], counts, strict=True):
        passed += count
        lines.append(f'{item.family}_bucket{{{item.labels}{comma}le="{bound}"}} {passed:.17g}')
    return [
        *lines,
        f"{item.family}_sum{{{item.labels}}} {total_:.17g}",
        f"{item.family}_count{{{item.labels}}} {passed:.17g}",
    ]
