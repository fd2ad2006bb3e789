"""What is told of requests: metrics, lines of the log, traces."""
