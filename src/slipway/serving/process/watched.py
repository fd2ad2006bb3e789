"""Whether the rollout that watches this server is alive; a canary without one serves nobody."""

import time
from pathlib import Path


def alive(file: Path | None) -> bool:
    """Whether the moment that a file names is still to come.

    Kubernetes writes the file from an annotation of the pod that the rollout renews (``slipway.rollout.strategies``).

    Args:
        file: Holds seconds since 1970, or nothing yet; None for a server that nobody has to watch.
    """
    if file is None:
        return True
    try:
        return float(file.read_text(encoding="ascii")) > time.time()
    except (OSError, ValueError):
        return False
