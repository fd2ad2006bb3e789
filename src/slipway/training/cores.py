"""How many threads a training may use, and how many trainings run at once."""

import os
from dataclasses import dataclass

LARGE = 50_000_000
"""Cells of a matrix from which one training has all cores: several would need the memory of several."""


@dataclass(frozen=True, slots=True)
class Share:
    """How the cores are shared.

    Attributes:
        workers: Trainings at once.
        threads: Threads of each.
    """

    workers: int
    threads: int


def available() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share(cores: int, most: int, cells: int) -> Share:
    """Shares the cores so that workers times threads is never more.

    Args:
        cores: Cores there are.
        most: Trainings that could run at once.
        cells: Cells of the matrix that each trains on.
    """
    workers = 1 if cells >= LARGE else max(1, min(cores, most))
    return Share(workers, max(1, cores // workers))
