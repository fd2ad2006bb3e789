"""Kubernetes objects, one a file: what ``deploy`` fills in and applies, and what a cluster needs before that."""
