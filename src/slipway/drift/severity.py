"""How bad a change is."""

from collections.abc import Collection

from slipway.drift.comparison import Severity
from slipway.spec.drift import Drift, Limits


def grade(psi: float, limits: Limits) -> Severity:
    """The severity of a change that is more than chance.

    Args:
        psi: Its size as a population stability index; what has another scale is translated to this one.
        limits: PSI limits.
    """
    return "alarm" if psi > limits.alarm else "warn" if psi > limits.warn else "none"


def unused(limits: Drift, known: Collection[str]) -> str:
    """Which limits hold for no column, in a sentence; empty when all do.

    Args:
        limits: The limits.
        known: Names of the reference's columns.
    """
    strange = [name for name in limits.columns if name not in known]
    many = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
    return (
        f"the limits of column {strange[0]!r}{many} hold for nothing: the reference has no such column"
        if strange
        else ""
    )
