"""A loaded bundle that is ready to answer, with nothing of HTTP in it."""

import logging

import numpy as np
import orjson
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.bundle.load import Bundle
from slipway.data.schema import TEXTUAL
from slipway.serving.inputs.bounds import bounds
from slipway.serving.inputs.decoder import Decoder
from slipway.serving.inputs.rows import Checker
from slipway.serving.predicting.answers import decider, encoder
from slipway.serving.predicting.batches import Batches
from slipway.serving.predicting.cache import OutputCache
from slipway.serving.v2.tensors import DATATYPES, Tensor
from slipway.settings import Settings

logger = logging.getLogger(__name__)


class Predictor:
    """A bundle, how rows become its inputs, and how its outputs become answers.

    Args:
        bundle: A loaded, hence verified, bundle.
        variant: Which of the model's variants it is; empty where there is only one.
        name: What the model is called here; empty for the name that the bundle has.
        settings: How it answers.
        cache: Where outputs are kept; None for nowhere.

    Attributes:
        name: Name of the model.
        version: The first 12 digits of its digest.
        variant: Which of the model's variants it is.
        who: Name, version and, where there are several, variant, for answers.
        bounds: Column to what is taken of it, where that is not everything.
        decoder: Rows or columns to inputs.
        answers: Outputs to a JSON value a row.
        classes: Outputs to the class of each row, as its position among the classes.
        threshold: Probability from which the positive class of a binary model is predicted; else None.
        numeric_names: Names of the columns, where all of them are numbers or booleans; else empty.
    """

    def __init__(
        self,
        bundle: Bundle,
        variant: str = "",
        name: str = "",
        settings: Settings | None = None,
        cache: OutputCache | None = None,
    ) -> None:
        self.bundle = bundle
        self._cache = cache
        self.name = name or bundle.manifest.name
        self.version = bundle.manifest.digest[:12]
        self.variant = variant
        self.who = {"model": self.name, "version": self.version, **({"variant": variant} if variant else {})}
        settings = settings or Settings()
        self.bounds = bounds(bundle.schema, bundle.manifest.spec, refuse_unseen=settings.refuse_outside)
        self.decoder = Decoder(bundle.schema, Checker(bundle.schema, settings, self.bounds))
        self._batches = Batches(bundle.engines, settings.threads, bundle.golden.inputs)
        logger.info("%s %s answers by %s", self.name, self.version, self._batches)
        self.answers = encoder(bundle.schema.target, bundle.manifest)
        self.threshold = bundle.manifest.threshold if bundle.schema.target.task == "binary" else None
        self.classes = decider(bundle.schema.target, bundle.manifest)
        kinds = set(bundle.schema.kinds.values())
        self.numeric_names = () if kinds & {*TEXTUAL, "date"} else bundle.schema.names

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of the graph; see ``Engine.predict``."""
        predict = self._batches.predict
        return self._cache.predict(self.bundle, inputs, predict) if self._cache else predict(inputs)

    def rehearse(self) -> None:
        """Answers a golden row in every form; what raises here would fail a request."""
        golden = self.bundle.golden
        outputs = self.bundle.predict({name: values[:1] for name, values in golden.inputs.items()})
        orjson.dumps([self.answers(outputs), golden.rows(self.bundle.schema)])
        self.tensors(outputs)

    def tensors(self, outputs: NDArray[np.float64]) -> list[Tensor]:
        """Outputs of the graph as tensors of the Open Inference Protocol; ``protocol.outputs`` describes them."""
        target = self.bundle.schema.target
        if target.task == "regression":
            return [Tensor("value", "FP64", outputs.shape, outputs)]
        labels = [target.label(place) for place in self.classes(outputs)]
        return [
            Tensor("label", DATATYPES[target.kind], (len(labels),), labels),
            Tensor("probabilities", "FP64", outputs.shape, outputs.ravel()),
        ]
