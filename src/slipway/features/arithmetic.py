"""Floating-point arithmetic that numpy and an ONNX graph do alike, bit for bit."""

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
T = TypeVar("T")


class Arithmetic(Protocol[T]):
    """Operations that IEEE 754 rounds exactly, on float64; a flag is 1 or 0, a missing value is NaN."""

    def number(self, value: float) -> T:
        """The same value in every row."""
        ...

    def add(self, a: T, b: T | float) -> T:
        """Gives a + b."""
        ...

    def multiply(self, a: T, b: T | float) -> T:
        """Gives a * b."""
        ...

    def divide(self, a: T, b: T | float) -> T:
        """Gives a / b."""
        ...

    def floor(self, a: T) -> T:
        """The largest whole number that is not above a."""
        ...

    def root(self, a: T) -> T:
        """The square root."""
        ...

    def less(self, a: T, b: T | float) -> T:
        """1 where a < b, else 0."""
        ...

    def equal(self, a: T, b: T | float) -> T:
        """1 where a = b, else 0."""
        ...

    def missing(self, a: T) -> T:
        """1 where a is NaN, else 0."""
        ...

    def where(self, flag: T, a: T | float, b: T | float) -> T:
        """Gives a where the flag is 1, else b."""
        ...


class Numpy:
    """Arithmetic on arrays."""

    def number(self, value: float) -> Floats:
        """See ``Arithmetic``."""
        return np.array(value, dtype=np.float64)

    def add(self, a: Floats, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(a + b)

    def multiply(self, a: Floats, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(a * b)

    def divide(self, a: Floats, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(a / b)

    def floor(self, a: Floats) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(np.floor(a))

    def root(self, a: Floats) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(np.sqrt(a))

    def less(self, a: Floats, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(a < b).astype(np.float64)

    def equal(self, a: Floats, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(a == b).astype(np.float64)

    def missing(self, a: Floats) -> Floats:
        """See ``Arithmetic``."""
        return np.isnan(a).astype(np.float64)

    def where(self, flag: Floats, a: Floats | float, b: Floats | float) -> Floats:
        """See ``Arithmetic``."""
        return np.asarray(np.where(flag == 1.0, a, b))
