"""Serving a bundle in a cluster: a revision is recorded, traffic moves to it, and moves back when that fails."""

import logging
import secrets
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kubernetes.client import VersionApi

from slipway.bundle import archive
from slipway.bundle.fetch import fetch
from slipway.bundle.load import Bundle, load
from slipway.errors import RolloutError, SlipwayError
from slipway.rollout import lease as leases
from slipway.rollout import settle as settling
from slipway.rollout import smoke, strategies
from slipway.rollout.api import Cluster
from slipway.rollout.connection import RefusedError, connect, told
from slipway.rollout.objects import Predictor, identity, objects
from slipway.rollout.revision import Revision, Revisions
from slipway.rollout.templates import DIGEST, Object, annotation, labels
from slipway.rollout.wait import POLL_SECONDS
from slipway.spec import Serving, Spec

logger = logging.getLogger(__name__)

_REMOTE = ("s3://", "s3a://", "http://", "https://")
"""What the server's image can fetch; a bundle that is elsewhere travels in ConfigMaps."""

_REMOTE_TOO = ("gs://", "gcs://", "az://", "abfs://", "abfss://")
"""What another image can fetch, where the spec names one."""

_PART_BYTES = 900_000
_MOST_BYTES = 8_000_000
_REACHABLE_SECONDS = 20
"""Seconds after which a Service of ready pods is known throughout the cluster."""


def deploy(uri: str, digest: str, spec: Spec, context: str, image: str, run: str, why: str = "") -> str:
    """Serves a bundle in a cluster, by the strategy of the spec, and waits until it has all the traffic.

    Pods fetch the bundle from object storage or from the volume of the spec; one that is in a local folder travels in
    ConfigMaps. When anything fails, the last good revision gets the traffic back and the new one is kept as deprecated.

    Args:
        uri: The bundle.
        digest: Its digest.
        spec: The spec: name, serving, rollout.
        context: The kubeconfig context; empty inside a cluster.
        image: The server's image.
        run: Name of the run, for the record.
        why: Why the bundle is deployed, for the record.

    Returns:
        Where predictions are answered inside the cluster.

    Raises:
        RolloutError: The cluster refuses, an object is not ours, another rollout is under way, the pods do not come
            up, or they do worse than those of the last good revision.
        BundleError: The bundle is damaged, or too large to travel in ConfigMaps.
    """
    cluster = Cluster.connect(context, spec.serving.namespace)
    with tempfile.TemporaryDirectory() as folder, _signals():
        public_key = spec.serving.server.get("public_key", "")
        bundle = load(fetch(uri, Path(folder), digest), digest, public_key=public_key)
        remote = _is_fetched(uri, spec.serving)
        parts = {} if remote else _parts(Path(folder))
        made = objects(Predictor(spec.name, image, digest, uri if remote else "", parts, spec.serving))
        who = cluster.who()
        with leases.held(cluster, spec.name, _holder(who, run)) as lease:
            _move(cluster, lease, made, spec, bundle, {"run": run, "who": who, "why": why})
    logger.info("%s is served", digest[:12])
    return f"http://{spec.name}.{spec.serving.namespace}:{spec.serving.port}"


def _is_fetched(uri: str, serving: Serving) -> bool:
    known = (*_REMOTE, *(_REMOTE_TOO if serving.fetch_image else ()))
    return uri.startswith(known) or (serving.volume is not None and serving.volume.holds(uri))


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


def restore(cluster: Cluster, name: str, good: Revision | None, seconds: float) -> str:
    """Gives the traffic back to the last good revision, and removes the canary.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        good: The last good revision; None when there is none, and the canary alone is removed.
        seconds: How long its pods may take.

    Returns:
        What serves now, for a sentence.

    Raises:
        RolloutError: The last good revision can't serve any more either.
    """
    if good is None:
        settling.remove_canary(cluster, name)
        return "no revision was good before, so there is none to go back to"
    settling.take_back(cluster, good, seconds, lambda: None)
    return f"{good.title} has all the traffic again"


def _move(
    cluster: Cluster, lease: leases.Lease, made: list[Object], spec: Spec, bundle: Bundle, notes: dict[str, str]
) -> None:
    revisions = Revisions(cluster, spec.name)
    good = revisions.serving()
    cluster.check(*made[:-1], settling.sized(cluster, made[-1]))
    around = [item for item in made if item["kind"] != "ConfigMap"]
    cluster.apply(*(item for item in made if item["kind"] == "ConfigMap"))
    revision = revisions.record(identity(around), bundle.manifest.digest, around, notes)
    revisions.overtake(revision)
    try:
        settled = strategies.run(
            strategies.Move(
                cluster, lease, revision, good, spec.serving, spec.rollout, lambda name: _smoke(cluster, name, bundle)
            )
        )
    except BaseException as error:
        _undone(cluster, lease, revisions, revision, good, error, spec.serving.timeout_s)
        raise
    if settled:
        revisions.finish(revision)
        lease.advance(**leases.AT_REST)
    else:
        revisions.mark(revision, "trial")
    revisions.prune(spec.rollout.keep)
    _tidy(cluster, spec.name, {item.digest for item in revisions.all()}, spec.serving.timeout_s)


def _undone(
    cluster: Cluster,
    lease: leases.Lease,
    revisions: Revisions,
    revision: Revision,
    good: Revision | None,
    error: BaseException,
    seconds: float,
) -> None:
    lease.require()
    if good is not None and good.name == revision.name:
        lease.advance(**leases.AT_REST)
        return
    said = str(error) if isinstance(error, SlipwayError) else f"ended by {type(error).__name__}"
    try:
        now = restore(cluster, revisions.name, good, seconds)
    finally:
        revisions.mark(revision, "deprecated", said)
    lease.advance(**leases.AT_REST)
    if isinstance(error, SlipwayError):
        message = f"{said}; {now}"
        raise RolloutError(message) from None


def _smoke(cluster: Cluster, service: str, bundle: Bundle) -> None:
    """Asks a Service for the golden rows, once its switch to the bundle has reached it."""
    deadline, version = time.monotonic() + _REACHABLE_SECONDS, bundle.manifest.digest[:12]

    def ask(content: Any) -> Any:
        while True:
            late = time.monotonic() > deadline
            try:
                answer = cluster.ask("Service", service, "http", "/predict", content)
            except RefusedError as error:
                if error.status not in (404, 502, 503) or late:
                    raise
            else:
                found = answer.get("version", version)
                if found == version:
                    return answer
                if late:
                    message = f"Service {service!r} answers with bundle {found} in place of {version}"
                    raise RolloutError(message)
            time.sleep(POLL_SECONDS)

    smoke.compare(ask, bundle, f"Service {service!r}")


def _holder(who: str, run: str) -> str:
    return " ".join(filter(None, [who, run, secrets.token_hex(3)]))


def _parts(folder: Path) -> Mapping[str, bytes]:
    packed = archive.pack(folder)
    if len(packed) > _MOST_BYTES:
        message = (
            f"the bundle has {len(packed) / 1e6:.1f} MB packed, too much for ConfigMaps ({_MOST_BYTES / 1e6:g} MB): "
            "set 'registry' to a URI that the pods can read, such as s3://BUCKET/registry"
        )
        raise RolloutError(message)
    return archive.split(packed, _PART_BYTES)


def _tidy(cluster: Cluster, name: str, digests: set[str], seconds: float) -> None:
    """Removes the ConfigMaps of bundles that no revision serves any more.

    Those that were made a moment ago stay: another run may be about to refer to them.
    """
    recent = datetime.now(UTC) - timedelta(seconds=seconds)
    for item in cluster.find("ConfigMap", labels(name, "bundle")):
        made = datetime.fromisoformat(item["metadata"]["creationTimestamp"])
        if annotation(item, DIGEST) not in digests and made < recent:
            cluster.delete("ConfigMap", item["metadata"]["name"])


@contextmanager
def _signals() -> Iterator[None]:
    """A polite end of the process gives the traffic back first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
