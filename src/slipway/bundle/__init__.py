"""The one thing that travels from training to serving: write it, verify it, load it."""
