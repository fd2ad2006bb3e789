"""A metric over time as a drawing."""

from dataclasses import dataclass

from slipway.drift.performance import Watched

WIDTH, HEIGHT = 300.0, 80.0
_MARGIN = 6.0


@dataclass(frozen=True, slots=True)
class Trend:
    """Where things are on a drawing of ``WIDTH`` by ``HEIGHT``.

    Attributes:
        title: What the metric is called.
        band: Top and height of the interval expected; None where that is not known.
        windows: Of each window that has a score: left and right end, height of the score, of the upper and of the lower
            end of its interval, and whether it is worse than expected.
        low: The smallest number on the drawing.
        high: The largest one.
    """

    title: str
    band: tuple[float, float] | None
    windows: tuple[tuple[float, float, float, float, float, bool], ...]
    low: float
    high: float


def trend(watched: Watched, rows: int) -> Trend | None:
    """The drawing of a metric; None where no window has a score.

    Args:
        watched: The metric over time.
        rows: Rows in all.
    """
    scored = [(window, window.score) for window in watched.windows if window.score]
    if not scored:
        return None
    ends = [end for _, score in scored for end in (score.low, score.high)]
    if watched.expected:
        ends += [watched.expected.low, watched.expected.high]
    low, high = min(ends), max(ends)
    scale = (HEIGHT - 2 * _MARGIN) / (high - low if high > low else 1.0)

    def place(value: float) -> float:
        return HEIGHT - _MARGIN - (value - low) * scale

    expected = watched.expected
    band = (place(expected.high), max(1.0, place(expected.low) - place(expected.high))) if expected else None
    windows = tuple(
        (
            WIDTH * window.start / rows, WIDTH * window.end / rows,
            place(score.estimate), place(score.high), place(score.low), window.worse,
        )
        for window, score in scored
    )  # fmt: skip
    return Trend(watched.title, band, windows, low, high)
