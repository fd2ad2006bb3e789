"""How a model is served."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from slipway.checked import checked
from slipway.errors import ServingError
from slipway.settings import Settings
from slipway.spec.exposure import Autoscaling, Exposure
from slipway.spec.section import Section
from slipway.spec.volume import Volume

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
    """Server image, by digest; empty for the one that ``make images`` builds, which the nodes must have."""
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
    fetch_image: str = ""
    """Image of the init step that fetches the bundle, by digest; empty for the server's, which knows S3 and HTTP. The
    components' image knows Google and Azure storage too."""
    volume: Volume | None = None
    """A volume that holds the registry, mounted where the rollout runs too, from which pods fetch the bundle; null:
    they fetch it from object storage, or get it in ConfigMaps."""
    secret: str = "slipway-storage"  # noqa: S105 - the name of one
    """Secret with the storage's credentials, as environment variables of the init step."""
    timeout_s: int = Field(default=300, ge=5)
    """Seconds that a rollout may take until every pod is ready."""
    server: dict[str, Any] = {}
    """Settings of the server itself, such as workers or log: {uri: …}, as in a file for slipway serve --config."""

    @field_validator("server")
    @classmethod
    def _is_known_to_the_server(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            checked(value, Settings, "server")
        except ServingError as error:
            raise ValueError(str(error)) from None
        own = {"host", "port", "models", "metrics_port"} & value.keys()
        if own:
            message = f"{', '.join(sorted(own))} can't be set here: a rollout decides it"
            raise ValueError(message)
        return value
