"""How bad a change is."""

from typing import Final, Literal

from slipway.spec import Drift

Severity = Literal["none", "warn", "alarm"]

SEVERITIES: Final[tuple[Severity, ...]] = ("none", "warn", "alarm")


def grade(psi: float, limits: Drift) -> Severity:
    """The severity of a change that is more than chance.

    Args:
        psi: Its size as a population stability index; what has another scale is translated to this one.
        limits: PSI limits.
    """
    return "alarm" if psi > limits.alarm else "warn" if psi > limits.warn else "none"
