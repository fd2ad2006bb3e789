"""Names of the images that this release was made with."""

from slipway import __version__

COMPONENTS = f"slipway/python-components:{__version__}"
"""Image that every component runs in, unless a pipeline is compiled with another one."""
