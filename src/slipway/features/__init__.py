"""From raw columns to features: a plan fitted on training rows, applied to batches, exported to ONNX."""
