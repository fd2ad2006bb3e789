"""The KFP component ``validate``."""
