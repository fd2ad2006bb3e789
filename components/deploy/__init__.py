"""The KFP component ``deploy``."""

from .component import deploy

__all__ = ["deploy"]
