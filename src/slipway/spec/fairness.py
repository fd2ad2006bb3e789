"""What groups of people may differ by."""

from pydantic import Field

from slipway.spec.section import Section, Share


class Fairness(Section):
    """Limits on differences between the groups of each sensitive column. A limit that is null is told, not checked."""

    min_group_rows: int = Field(default=50, ge=10)
    """Fewest test rows of a group that is judged; smaller ones are named."""
    max_parity_difference: Share | None = None
    """Largest difference of the shares that are answered with the positive class (demographic parity)."""
    max_odds_difference: Share | None = None
    """Largest difference of true or false positive rates (equalized odds)."""
    min_impact_ratio: Share | None = None
    """Least ratio of the smallest to the largest share that is answered with the positive class; often 0.8."""
    max_error_difference: float | None = Field(default=None, ge=0)
    """Largest difference of the mean absolute errors of a regression, in units of the target."""
    max_mean_difference: float | None = Field(default=None, ge=0)
    """Largest difference of the mean predictions of a regression, in units of the target."""
