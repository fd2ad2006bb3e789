"""How long boosting goes on, whichever library does it."""

from collections.abc import Callable

ROUNDS = 500
"""Rounds, at most."""

PATIENCE = 30
"""Rounds without a better validation loss after which boosting stops."""

STRIDE = 20
"""Rounds between two steps of the search's watch."""


def tell(watch: Callable[[int, float], None], done: int, loss: float) -> None:
    """Tells a watch the validation loss every ``STRIDE`` rounds.

    Args:
        watch: See ``candidate.Setting``.
        done: Rounds so far.
        loss: Validation loss after them.
    """
    step, rest = divmod(done, STRIDE)
    if rest == 0:
        watch(step, loss)
