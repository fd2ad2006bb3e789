"""What surrounds the predictor in a cluster."""

from typing import Literal

from pydantic import Field, model_validator

from slipway.spec.section import Section


class Autoscaling(Section):
    """Bounds between which the number of pods follows the load."""

    min: int = Field(default=2, ge=1, le=1000)
    """Fewest pods."""
    max: int = Field(default=10, ge=1, le=1000)
    """Most pods."""
    cpu_percent: int = Field(default=70, ge=1, le=1000)
    """Mean CPU use to aim at, in percent of what a pod asks for."""
    queue_depth: float | None = Field(default=None, gt=0)
    """Mean requests waiting in a pod to aim at; needs an adapter that serves pod metrics."""
    latency_ms: float | None = Field(default=None, gt=0)
    """Mean latency of a pod to aim at, in milliseconds; needs an adapter that serves pod metrics."""
    keda: str = ""
    """URL of a Prometheus; KEDA then scales by queue depth, in place of the HorizontalPodAutoscaler."""

    @model_validator(mode="after")
    def _bounds(self) -> "Autoscaling":
        if self.min > self.max:
            message = "min must not be above max"
            raise ValueError(message)
        return self


class Exposure(Section):
    """How requests from outside of the cluster come in, and who may send them."""

    service: Literal["ClusterIP", "LoadBalancer"] = "ClusterIP"
    """Type of the Service."""
    host: str = ""
    """Host name of the Ingress or the HTTPRoute; empty for every host."""
    ingress: str = ""
    """Class of an Ingress; empty for none."""
    gateway: str = ""
    """NAMESPACE/NAME of a Gateway; an HTTPRoute is attached to it, and canaries are weighted exactly."""
    from_namespaces: list[str] = []
    """Namespaces whose pods may send requests; empty for all."""
    monitor: bool = False
    """Whether a ServiceMonitor tells the Prometheus operator to scrape the pods."""
