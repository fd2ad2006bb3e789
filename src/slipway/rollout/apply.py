"""Server-side apply of our objects, never over somebody else's."""

from collections.abc import Sequence
from typing import Any

from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import NotFoundError

from slipway.errors import RolloutError
from slipway.rollout.connection import told
from slipway.rollout.objects import MANAGER, MANAGER_LABEL, Object


def apply(client: DynamicClient, objects: Sequence[Object], context: str) -> list[Object]:
    """Applies objects with our field manager; conflicts are not forced.

    All of them are looked at before the first is changed.

    Args:
        client: The cluster.
        objects: The objects, in order.
        context: The context, for sentences.

    Returns:
        The objects as the cluster has them now.

    Raises:
        RolloutError: One exists and is not ours, a field is managed by another one, or the cluster refuses.
    """
    for item in objects:
        _require_ours(client, item, context)
    return [_apply(client, item, context) for item in objects]


def _require_ours(client: DynamicClient, item: Object, context: str) -> None:
    with told(f"look at {called(item)}", context):
        try:
            found = _resource(client, item).get(name=item["metadata"]["name"], namespace=item["metadata"]["namespace"])
        except NotFoundError:
            return
    labels = found.to_dict()["metadata"].get("labels") or {}
    if labels.get(MANAGER_LABEL) != MANAGER:
        message = f"{called(item)} exists and was not made by slipway, so it is left alone; serve under another 'name'"
        raise RolloutError(message)


def _apply(client: DynamicClient, item: Object, context: str) -> Object:
    with told(f"apply {called(item)}", context):
        applied: Object = client.server_side_apply(
            _resource(client, item),
            body=item,
            name=item["metadata"]["name"],
            namespace=item["metadata"]["namespace"],
            field_manager=MANAGER,
        ).to_dict()
    return applied


def _resource(client: DynamicClient, item: Object) -> Any:
    return client.resources.get(api_version=item["apiVersion"], kind=item["kind"])


def called(item: Object) -> str:
    """An object's name in a sentence."""
    return f"{item['kind']} {item['metadata']['name']!r} in namespace {item['metadata']['namespace']!r}"
