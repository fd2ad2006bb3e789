"""The KFP component ``featurize``."""

from .component import featurize

__all__ = ["featurize"]
