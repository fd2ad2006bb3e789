"""How the components are wired."""

from slipway.pipelines.train_and_deploy import train_and_deploy

__all__ = ["train_and_deploy"]
