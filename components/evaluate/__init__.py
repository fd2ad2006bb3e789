"""The KFP component ``evaluate``."""
