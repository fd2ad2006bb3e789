"""Where a bundle is served: this machine or a Kubernetes cluster, and how it gets there."""
