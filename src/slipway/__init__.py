"""Slipway: Kubeflow Pipelines components that take a table to a monitored, reversible prediction service."""

__version__ = "0.1.0"
