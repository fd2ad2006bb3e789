"""A volume of the cluster."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from slipway.spec.section import Section

Folder = Annotated[str, Field(pattern=r"^/.+")]


class Volume(Section):
    """A PersistentVolumeClaim, and where pods see it."""

    claim: Annotated[str, Field(max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    """Name of the claim, in the namespace of the pods."""
    mount: Folder
    """Folder where it is."""

    def holds(self, uri: str) -> bool:
        """Whether a bundle is on it."""
        return Path(uri).is_relative_to(self.mount)
