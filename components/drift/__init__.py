"""The KFP component ``drift``."""

from .component import drift

__all__ = ["drift"]
