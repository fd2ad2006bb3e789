"""How bad a change is."""

from slipway.drift.comparison import Severity
from slipway.spec.drift import Limits


def grade(psi: float, limits: Limits) -> Severity:
    """The severity of a change that is more than chance.

    Args:
        psi: Its size as a population stability index; what has another scale is translated to this one.
        limits: PSI limits.
    """
    return "alarm" if psi > limits.alarm else "warn" if psi > limits.warn else "none"
