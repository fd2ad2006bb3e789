"""The KFP component ``deploy``."""
