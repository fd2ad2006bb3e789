"""What a challenger must clear."""

from pydantic import Field

from slipway.spec.section import Section, Share


class Gates(Section):
    """What a challenger must clear to be promoted. A gate that is null is not checked."""

    min_gain: float = Field(default=0.0, ge=0)
    """The lower end of the interval of the gain over the champion must be above this, in units of the metric. So must
    what is left of the gain without the luck of the rows and of a seed, which ``search.repeats`` measures."""
    confidence: float = Field(default=0.95, ge=0.5, lt=1)
    """Confidence of every interval."""
    resamples: int = Field(default=1000, ge=100, le=20_000)
    """Resamples of the paired bootstrap."""
    min_test_rows: int = Field(default=20, ge=2)
    """Fewest test rows (entities, where ``entity`` is named) that a verdict may rest on."""
    min_score: float | None = None
    """Least score on the test rows; for an error such as rmse, the largest error."""
    max_calibration_error: Share | None = None
    """Largest expected calibration error on the test rows (classification)."""
    max_single_column: Share | None = 0.995
    """Most that one column alone may tell of the target, 1 being everything; more looks like a copy of the target."""
    max_bundle_mb: float = Field(default=200, gt=0)
    """Largest bundle, in MB."""
    max_latency_ms: float | None = Field(default=50, gt=0)
    """Largest median time to predict one row, in milliseconds, on the machine that evaluates."""
