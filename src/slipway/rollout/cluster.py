"""Serving a bundle in a cluster: objects, apply, wait, and tidying up."""

import logging
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kubernetes.client import AppsV1Api, CoreV1Api, VersionApi
from kubernetes.dynamic import DynamicClient

from slipway.bundle import archive
from slipway.bundle.fetch import fetch
from slipway.errors import RolloutError
from slipway.rollout.apply import apply
from slipway.rollout.connection import Client, connect, told
from slipway.rollout.objects import DIGEST, NAME_LABEL, PART_LABEL, Predictor, objects
from slipway.rollout.wait import Rollout, wait
from slipway.spec import Spec

logger = logging.getLogger(__name__)

_REMOTE = ("s3://", "s3a://", "http://", "https://")
"""What the server's image can fetch; a bundle that is elsewhere travels in ConfigMaps."""

_PART_BYTES = 900_000
_MOST_BYTES = 8_000_000


def deploy(uri: str, digest: str, spec: Spec, context: str, image: str, run: str) -> str:
    """Applies a Deployment and a Service for a bundle and waits until every pod serves it.

    Pods fetch the bundle from object storage; one that is in a local folder travels in ConfigMaps.

    Args:
        uri: The bundle.
        digest: Its digest.
        spec: The spec: name, serving.
        context: The kubeconfig context; empty inside a cluster.
        image: The server's image.
        run: Name of the run, for the record.

    Returns:
        Where predictions are answered inside the cluster.

    Raises:
        RolloutError: The cluster refuses, an object is not ours, or the pods do not come up.
        BundleError: The bundle is damaged, or too large to travel in ConfigMaps.
    """
    remote = uri.startswith(_REMOTE)
    parts = {} if remote else _parts(uri, digest)
    predictor = Predictor(spec.name, image, digest, uri if remote else "", parts, spec.serving, run)
    made = objects(predictor)
    client = connect(context)
    with told("list its resources", context):
        dynamic = DynamicClient(client)
    applied = apply(dynamic, made, context)
    logger.info("%d objects applied in namespace %r", len(applied), spec.serving.namespace)
    generation = int(applied[-1]["metadata"].get("generation", 0))
    wait(client, Rollout(spec.name, spec.serving.namespace, digest, generation, spec.serving.timeout_s, context))
    _tidy(client, spec, context)
    logger.info("%d pods serve %s", spec.serving.replicas, digest[:12])
    return f"http://{spec.name}.{spec.serving.namespace}:{spec.serving.port}"


def require(context: str) -> None:
    """Checks before a long run that a cluster answers.

    Args:
        context: The kubeconfig context.

    Raises:
        RolloutError: There is no such context, or the cluster can't be reached.
    """
    client = connect(context)
    with told("tell its version", context):
        VersionApi(client).get_code()


def _parts(uri: str, digest: str) -> Mapping[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        packed = archive.pack(fetch(uri, Path(folder), digest))
    if len(packed) > _MOST_BYTES:
        message = (
            f"the bundle has {len(packed) / 1e6:.1f} MB packed, too much for ConfigMaps ({_MOST_BYTES / 1e6:g} MB): "
            "set 'registry' to a URI that the pods can read, such as s3://BUCKET/registry"
        )
        raise RolloutError(message)
    return archive.split(packed, _PART_BYTES)


def _tidy(client: Client, spec: Spec, context: str) -> None:
    """Removes the ConfigMaps of bundles that no revision of the Deployment refers to any more.

    Those that were made a moment ago stay: another run may be about to refer to them.
    """
    namespace, core = spec.serving.namespace, CoreV1Api(client)
    with told("tidy up ConfigMaps", context):
        sets = (
            AppsV1Api(client).list_namespaced_replica_set(namespace, label_selector=f"{NAME_LABEL}={spec.name}").items
        )
        kept = {(item.spec.template.metadata.annotations or {}).get(DIGEST) for item in sets}
        recent = datetime.now(UTC) - timedelta(seconds=spec.serving.timeout_s)
        selector = f"{NAME_LABEL}={spec.name},{PART_LABEL}=bundle"
        for item in core.list_namespaced_config_map(namespace, label_selector=selector).items:
            made = item.metadata.creation_timestamp
            if (item.metadata.annotations or {}).get(DIGEST) not in kept and made is not None and made < recent:
                core.delete_namespaced_config_map(item.metadata.name, namespace)
