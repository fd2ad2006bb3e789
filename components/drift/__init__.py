"""The KFP component ``drift``."""
