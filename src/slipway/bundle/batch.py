"""The other way through a model of trees, for batches: features, XGBoost's library, and what follows the sums."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import booster, nodes
from slipway.bundle import manifest as manifests
from slipway.bundle.booster import Booster
from slipway.bundle.engine import Engine, Inputs


class Batch:
    """Answers what the one graph answers, to the bit.

    Args:
        features: The graph from raw columns to features.
        booster: The trees.
        link: The graph from their sums to predictions.
    """

    def __init__(self, features: Engine, booster: Booster, link: Engine) -> None:
        self.features = features
        self.booster = booster
        self.link = link

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Answers for raw rows, on the calling thread; see ``Engine.predict``."""
        sums = self.booster.sums(self.features.run(inputs))
        return self.link.predict({self.link.inputs[0]: sums})


def made_of(parts: Mapping[str, bytes], example: Inputs, outputs: int) -> Batch | None:
    """Puts the parts of a bundle together.

    Args:
        parts: By the name of its file, see ``parts.split``; may be empty.
        example: Some rows.
        outputs: Number of sums.

    Returns:
        All of them; None where there are none, or XGBoost's library is not here.

    Raises:
        BundleError: They are damaged, or the nodes are no trees.
    """
    library = booster.library() if parts else None
    if library is None:
        return None
    features, link = Engine(parts[manifests.FEATURES]), Engine(parts[manifests.LINK])
    found = nodes.read(parts[manifests.TREES])
    return Batch(features, Booster(library, found, features.run(example).shape[1], outputs), link)
