"""What surrounds a predictor: who may reach it, how many pods there are, how many may be gone at once."""

from slipway.rollout.templates import NAME_LABEL, Object, read
from slipway.spec import Serving
from slipway.spec.exposure import Autoscaling

AUTOSCALERS = frozenset({"HorizontalPodAutoscaler", "ScaledObject"})
OPTIONAL = AUTOSCALERS | {"PodDisruptionBudget", "Ingress", "HTTPRoute", "ServiceMonitor"}
"""Kinds that one revision may have and another not."""


def objects(name: str, serving: Serving) -> list[Object]:
    """The objects around the Deployment and the Service, without their own names and namespaces.

    Args:
        name: Name of the predictor.
        serving: How it is served.
    """
    exposure, scaling = serving.exposure, serving.autoscaling
    pods = scaling.min if scaling else serving.replicas
    made = [read("ServiceAccount"), _network_policy(name, exposure.from_namespaces)]
    if pods > 1:
        made.append(_disruption_budget(name))
    if scaling:
        made.append(_scaled_object(name, serving, scaling) if scaling.keda else _autoscaler(name, scaling))
    if exposure.ingress:
        made.append(_ingress(name, serving))
    if exposure.gateway:
        made.append(route(serving, {name: 100}))
    if exposure.monitor:
        made.append(_monitor(name))
    return made


def route(serving: Serving, weights: dict[str, int]) -> Object:
    """The HTTPRoute that divides traffic between Services.

    Args:
        serving: How it is served; its gateway is NAMESPACE/NAME.
        weights: Service to its share of the traffic, in percent.
    """
    made = read("HTTPRoute")
    namespace, _, gateway = serving.exposure.gateway.rpartition("/")
    parent = {"name": gateway, **({"namespace": namespace} if namespace else {})}
    backends = [{"name": key, "port": serving.port, "weight": weight} for key, weight in weights.items()]
    hosts = {"hostnames": [serving.exposure.host]} if serving.exposure.host else {}
    made["spec"] = {"parentRefs": [parent], **hosts, "rules": [{"backendRefs": backends}]}
    return made


def _network_policy(name: str, namespaces: list[str]) -> Object:
    made = read("NetworkPolicy")
    made["spec"]["podSelector"]["matchLabels"][NAME_LABEL] = name
    if namespaces:
        wanted = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": namespaces}
        made["spec"]["ingress"][0]["from"] = [{"namespaceSelector": {"matchExpressions": [wanted]}}]
    return made


def _disruption_budget(name: str) -> Object:
    made = read("PodDisruptionBudget")
    made["spec"]["selector"]["matchLabels"][NAME_LABEL] = name
    return made


def _autoscaler(name: str, scaling: Autoscaling) -> Object:
    made = read("HorizontalPodAutoscaler")
    spec = made["spec"]
    spec["scaleTargetRef"]["name"] = name
    spec["minReplicas"], spec["maxReplicas"] = scaling.min, scaling.max
    spec["metrics"][0]["resource"]["target"]["averageUtilization"] = scaling.cpu_percent
    if scaling.queue_depth is not None:
        spec["metrics"].append(_pods("slipway_queue_depth", f"{scaling.queue_depth * 1000:.0f}m"))
    if scaling.latency_ms is not None:
        spec["metrics"].append(_pods("slipway_request_seconds_mean", f"{scaling.latency_ms * 1000:.0f}u"))
    return made


def _pods(metric: str, average: str) -> Object:
    target = {"type": "AverageValue", "averageValue": average}
    return {"type": "Pods", "pods": {"metric": {"name": metric}, "target": target}}


def _scaled_object(name: str, serving: Serving, scaling: Autoscaling) -> Object:
    made = read("ScaledObject")
    spec = made["spec"]
    spec["scaleTargetRef"]["name"] = name
    spec["minReplicaCount"], spec["maxReplicaCount"] = scaling.min, scaling.max
    pods = f'namespace="{serving.namespace}",pod=~"{name}-.*"'
    spec["triggers"][0]["metadata"] = {
        "serverAddress": scaling.keda,
        "query": f"sum(slipway_queue_depth{{{pods}}})",
        "threshold": f"{scaling.queue_depth or 4:g}",
    }
    return made


def _ingress(name: str, serving: Serving) -> Object:
    made = read("Ingress")
    made["spec"]["ingressClassName"] = serving.exposure.ingress
    rule = made["spec"]["rules"][0]
    rule["http"]["paths"][0]["backend"]["service"]["name"] = name
    if serving.exposure.host:
        made["spec"]["rules"][0] = {"host": serving.exposure.host, **rule}
    return made


def _monitor(name: str) -> Object:
    made = read("ServiceMonitor")
    made["spec"]["selector"]["matchLabels"][NAME_LABEL] = name
    return made
