"""The components, ready to be used in any pipeline: ``from slipway.components import drift``."""

from slipway.components.deploy.component import deploy
from slipway.components.drift.component import drift
from slipway.components.evaluate.component import evaluate
from slipway.components.featurize.component import featurize
from slipway.components.register.component import register
from slipway.components.train.component import train
from slipway.components.validate.component import validate

__all__ = ["deploy", "drift", "evaluate", "featurize", "register", "train", "validate"]
