"""Versions of a model, and which of them is the champion."""
