"""The shapes that pass between the modules of this room."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Floating-point numbers of any shape."""

Ints = NDArray[Any]
"""Class indices, row positions or truth values."""

Statistic = Callable[[Floats], Floats]
"""A metric made ready for one set of predictions: from row weights (b, n) to b values."""
