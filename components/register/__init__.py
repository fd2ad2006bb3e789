"""The KFP component ``register``."""
