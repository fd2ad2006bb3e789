"""Names of the images that the pipelines run in."""

from slipway import __version__

COMPONENTS = f"localhost/slipway/python-components:{__version__}"
"""Image that every component runs in, unless a pipeline is compiled with another one: what ``make images`` builds.

A name under ``localhost`` is in no registry, so a cluster whose nodes do not have the image never runs somebody else's.
"""
