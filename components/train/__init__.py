"""The KFP component ``train``."""
