"""Whether the rollout that watches this server is alive; a canary without one is trusted no more."""

import time
from pathlib import Path

_LOOK_SECONDS = 1.0


class Watch:
    """The moment until which a rollout vouches for this server, looked at once a second.

    Kubernetes writes the file from an annotation of the pod that the rollout renews (``slipway.rollout.alive``).

    Args:
        file: Holds seconds since 1970, or nothing yet; empty for a server that nobody has to watch.
    """

    def __init__(self, file: str) -> None:
        self._file = Path(file) if file else None
        self._until = self._looked = 0.0

    @property
    def alive(self) -> bool:
        """Whether that moment is still to come."""
        if self._file is None:
            return True
        now = time.time()
        if not 0 <= now - self._looked < _LOOK_SECONDS:
            self._looked, self._until = now, _read(self._file)
        return self._until > now


def _read(file: Path) -> float:
    try:
        return float(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0.0
