"""Values that lie far outside of the others."""

from slipway.data.sketch import Sketch

_FENCE = 3.0


def fences(sketch: Sketch) -> tuple[float, float] | None:
    """Tukey's outer fences: three interquartile ranges below the first quartile and above the third.

    Args:
        sketch: The column's values.

    Returns:
        Both fences; None when half of the values or more are the same, for then there is no range to speak of. Source:
        Tukey, Exploratory Data Analysis, 1977, section 2D ("far out").
    """
    low, high = sketch.quantile(0.25), sketch.quantile(0.75)
    reach = _FENCE * (high - low)
    return (low - reach, high + reach) if reach > 0 else None


def beyond(sketch: Sketch, low: float, high: float) -> int:
    """How many values lie outside of two fences, to the sketch's relative error."""
    values = sketch.values
    return int(sketch.counts[(values < low) | (values > high)].sum())
