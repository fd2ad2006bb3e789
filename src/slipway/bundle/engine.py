"""Running a graph of a bundle."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from slipway.errors import BundleError

Inputs = Mapping[str, NDArray[Any]]
"""Column name to an array of shape (n, 1): float64 with NaN for null, objects of str for categories."""

Predict = Callable[[Inputs], NDArray[np.float64]]
"""Answers for raw rows, see ``Engine.predict``."""

_INEXACT = ["NoopElimination"]
"""Takes a sum with a constant below what float32 holds for no sum at all."""


class Engine:
    """A graph that is ready to answer.

    Args:
        model: The graph, serialised.
        threads: Threads that one prediction may use.

    Raises:
        BundleError: The graph is damaged.

    Attributes:
        inputs: Names of what it takes.
    """

    def __init__(self, model: bytes, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"], disabled_optimizers=_INEXACT
            )
            answer = session.get_outputs()[0]
            self._flat = answer.shape[1] == 1
            self.inputs = [item.name for item in session.get_inputs()]
        except Exception as error:  # onnxruntime's own errors share no root but this
            message = f"the graph can't be loaded: {str(error).splitlines()[0]}"
            raise BundleError(message) from None
        self._run = session.run
        self._outputs = [answer.name]

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Answers for raw rows.

        Args:
            inputs: The rows.

        Returns:
            Probabilities (n, k), or predictions (n,) for a regression.
        """
        answer = self.run(inputs)
        return answer[:, 0] if self._flat else answer

    def run(self, inputs: Inputs) -> NDArray[Any]:
        """The first output as it is, shape (n, its width); see ``predict``."""
        answer: NDArray[Any] = self._run(self._outputs, inputs)[0]
        return answer
