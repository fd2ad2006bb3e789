"""The candidates: training them, keeping them, exporting them to ONNX."""
