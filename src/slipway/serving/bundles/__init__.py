"""The bundles that are served: where they come from, when they are replaced, which of them answers."""
