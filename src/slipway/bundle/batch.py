"""The other way through a model of trees, for batches: features, XGBoost's library, and what follows the sums."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import booster, nodes
from slipway.bundle import manifest as manifests
from slipway.bundle.booster import Booster
from slipway.bundle.engine import Engine

Inputs = Mapping[str, NDArray[Any]]


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


def load(folder: Path, example: Inputs, outputs: int) -> Batch | None:
    """Loads the parts of a bundle.

    Args:
        folder: The bundle.
        example: Some rows.
        outputs: Number of sums.

    Returns:
        The parts; None where the bundle has none, or XGBoost's library is not here.

    Raises:
        BundleError: They are damaged, or the nodes are no trees.
    """
    library = booster.library() if (folder / manifests.TREES).is_file() else None
    if library is None:
        return None
    features = Engine((folder / manifests.FEATURES).read_bytes())
    link = Engine((folder / manifests.LINK).read_bytes())
    found = nodes.read((folder / manifests.TREES).read_bytes())
    return Batch(features, Booster(library, found, features.run(example).shape[1], outputs), link)
