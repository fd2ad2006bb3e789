"""The KFP component ``validate``."""

from .component import validate

__all__ = ["validate"]
