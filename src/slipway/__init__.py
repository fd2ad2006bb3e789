"""A table becomes a tested prediction service: the library behind Slipway's Kubeflow Pipelines components."""

import os

__version__ = "0.1.0"

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # onnxruntime reports to its makers from the moment of its import
