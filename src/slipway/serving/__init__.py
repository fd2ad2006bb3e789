"""The model server: one bundle, answered over HTTP."""
