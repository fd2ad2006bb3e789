"""Compiling the pipelines, and running them through KFP."""
