"""The KFP component ``featurize``."""
