"""A loaded bundle that is ready to answer, with nothing of HTTP in it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.load import Bundle
from slipway.serving.answers import encoder
from slipway.serving.rows import Decoder

Inputs = Mapping[str, NDArray[Any]]


class Predictor:
    """A bundle, how rows become its inputs, and how its outputs become answers.

    Args:
        bundle: A loaded, hence verified, bundle.

    Attributes:
        name: Name of the model.
        version: The first 12 digits of its digest.
        decoder: Rows or columns to inputs.
        answers: Outputs to a JSON value a row.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.name = bundle.manifest.name
        self.version = bundle.manifest.digest[:12]
        self.decoder = Decoder(bundle.schema)
        self.answers = encoder(bundle.schema.target, bundle.manifest)

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of the graph; see ``Engine.predict``."""
        return self.bundle.predict(inputs)
