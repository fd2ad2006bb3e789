"""The KFP component ``train``."""

from .component import train

__all__ = ["train"]
