"""What is done for a request: predictions, explanations, probes."""
