"""Where a server is between its start and its end."""

import os
from dataclasses import dataclass


@dataclass(slots=True)
class Life:
    """The state of a worker.

    Attributes:
        parent: Process without which it ends; 0 for none.
        ending: Whether it was told to end.
    """

    parent: int = 0
    ending: bool = False

    @property
    def orphaned(self) -> bool:
        """Whether the supervisor is gone."""
        return self.parent not in (0, os.getppid())
