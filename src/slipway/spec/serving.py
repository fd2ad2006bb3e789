"""How a model is served."""

from typing import Annotated

from pydantic import Field

from slipway.spec.exposure import Autoscaling, Exposure
from slipway.spec.section import Section

Quantity = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi)?$")]


class Serving(Section):
    """Where and how the model is served."""

    host: str = "127.0.0.1"
    """Address that the local server listens on."""
    port: int = Field(default=8080, ge=1, le=65535)
    """Port of the local server, and of the Service in a cluster."""
    namespace: Annotated[str, Field(max_length=63, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")] = "default"
    """Namespace of the Deployment and the Service."""
    image: str = ""
    """Server image, by digest; empty for the one that this release was made with."""
    replicas: int = Field(default=2, ge=1, le=1000)
    """Pods of the Deployment."""
    cpu: Quantity = "250m"
    """CPU that each pod asks for."""
    memory: Quantity = "512Mi"
    """Memory that each pod asks for and is limited to."""
    autoscaling: Autoscaling | None = None
    """Bounds between which the number of pods follows the load; null keeps replicas."""
    exposure: Exposure = Exposure()
    """How requests come in from outside of the cluster."""
    secret: str = "slipway-storage"  # noqa: S105 - the name of one
    """Secret with the storage's credentials, as environment variables of the init step."""
    timeout_s: int = Field(default=300, ge=5)
    """Seconds that a rollout may take until every pod is ready."""
