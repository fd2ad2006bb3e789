"""The model server: bundles, answered over HTTP."""
