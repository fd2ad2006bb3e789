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
        variant: Which of the model's variants it is; empty where there is only one.
        name: What the model is called here; empty for the name that the bundle has.

    Attributes:
        name: Name of the model.
        version: The first 12 digits of its digest.
        variant: Which of the model's variants it is.
        who: Name, version and, where there are several, variant, for answers.
        decoder: Rows or columns to inputs.
        answers: Outputs to a JSON value a row.
    """

    def __init__(self, bundle: Bundle, variant: str = "", name: str = "") -> None:
        self.bundle = bundle
        self.name = name or bundle.manifest.name
        self.version = bundle.manifest.digest[:12]
        self.variant = variant
        self.who = {"model": self.name, "version": self.version, **({"variant": variant} if variant else {})}
        self.decoder = Decoder(bundle.schema)
        self.answers = encoder(bundle.schema.target, bundle.manifest)

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of the graph; see ``Engine.predict``."""
        return self.bundle.predict(inputs)
