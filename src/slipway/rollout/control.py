"""What a person asks of a rollout: its status and history, promote, pause, abort, undo."""

from dataclasses import dataclass

from slipway.errors import RolloutError
from slipway.rollout import lease as leases
from slipway.rollout import settle as settling
from slipway.rollout import tracks
from slipway.rollout.api import Cluster
from slipway.rollout.cluster import restore
from slipway.rollout.lease import Progress
from slipway.rollout.revision import Revision, Revisions
from slipway.rollout.strategies import ON_TRIAL
from slipway.rollout.templates import DIGEST, TRACK_LABEL, Object, annotation
from slipway.rollout.wait import is_ready, pods


@dataclass(frozen=True, slots=True)
class Track:
    """A set of pods.

    Attributes:
        name: Its Deployment.
        digest: Digest of the bundle that its new pods serve.
        wanted: Pods that it should have.
        ready: Pods that get requests.
    """

    name: str
    digest: str
    wanted: int
    ready: int


@dataclass(frozen=True, slots=True)
class Status:
    """How a predictor is served.

    Attributes:
        name: Its name.
        serving: The last good revision; None before the first.
        tracks: The sets of pods that there are.
        routed: Tracks that its Service sends requests to: stable, canary or both; empty when there is no Service.
        progress: How far the rollout is.
        holder: Who is rolling out now; empty when nobody is.
        remarks: What is not as it should be, in sentences.
    """

    name: str
    serving: Revision | None
    tracks: tuple[Track, ...]
    routed: str
    progress: Progress
    holder: str
    remarks: tuple[str, ...]


def status(cluster: Cluster, name: str, champion: str = "") -> Status:
    """How a predictor is served now.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        champion: Digest of the registry's champion, to compare with; empty for none.

    Raises:
        RolloutError: The cluster does not answer.
    """
    serving = Revisions(cluster, name).serving()
    found = [cluster.get("Deployment", item) for item in (name, tracks.canary_name(name))]
    progress, holder = leases.progress(cluster, name), leases.holder(cluster, name)
    seen = tuple(_track(cluster, item) for item in found if item)
    remarks = tuple(_remarks(serving, seen, progress, holder, champion))
    return Status(name, serving, seen, _routed(cluster, name), progress, holder, remarks)


def history(cluster: Cluster, name: str) -> list[Revision]:
    """The revisions that are kept, the newest first."""
    return Revisions(cluster, name).all()


def ask(cluster: Cluster, name: str, **changes: object) -> Progress:
    """Asks the rollout that is under way for something.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        **changes: ``request`` or ``paused`` of ``Progress``.

    Raises:
        RolloutError: Nobody is rolling out.
    """
    if not leases.holder(cluster, name):
        message = f"no rollout of {name!r} is under way in namespace {cluster.namespace!r}"
        raise RolloutError(message)
    return leases.advance(cluster, name, **changes)


def promote(cluster: Cluster, name: str, seconds: float) -> str:
    """Moves the canary that is under way to its next step, or gives a revision on trial all the traffic.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        seconds: How long the pods may take.

    Returns:
        What happens, in a sentence.

    Raises:
        RolloutError: There is nothing to promote, or it can't serve; the last good revision serves then.
    """
    revisions = Revisions(cluster, name)
    target = revisions.on_trial()
    if target is None or leases.holder(cluster, name):
        ask(cluster, name, request="promote", paused=False)
        return "asked the rollout to move on"
    with leases.held(cluster, name, _me(cluster)) as lease:
        _serve(cluster, revisions, lease, target, seconds)
    return f"{target.title} has all the traffic"


def abort(cluster: Cluster, name: str, seconds: float) -> str:
    """Ends the rollout that is under way, or what one left that was killed: the last good revision gets the traffic.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        seconds: How long its pods may take.

    Returns:
        What happens, in a sentence.

    Raises:
        RolloutError: There is nothing to abort, or the last good revision can't serve.
    """
    if leases.holder(cluster, name):
        leases.advance(cluster, name, request="abort")
        return "asked the rollout to give the traffic back"
    revisions = Revisions(cluster, name)
    pending = [item for item in revisions.all() if item.state in ("pending", "trial")]
    if not pending:
        message = f"no rollout of {name!r} is under way or was left half done in namespace {cluster.namespace!r}"
        raise RolloutError(message)
    with leases.held(cluster, name, _me(cluster)) as lease:
        said = restore(cluster, name, revisions.serving(), seconds)
        for item in pending:
            revisions.mark(item, "deprecated", "its rollout was aborted")
        lease.advance(**leases.AT_REST)
    return said


def undo(cluster: Cluster, name: str, seconds: float, to: int | None = None, why: str = "") -> Revision:
    """Serves an earlier revision again; needs nothing but the cluster.

    A rollout that is under way is not waited for: abort it first.

    Args:
        cluster: The cluster.
        name: Name of the predictor.
        seconds: How long the pods may take.
        to: Number of the revision; None for the last good one before the present one.
        why: For the record.

    Returns:
        The revision that serves now.

    Raises:
        RolloutError: There is none, it serves already, or it can't serve any more.
    """
    revisions = Revisions(cluster, name)
    with leases.held(cluster, name, _me(cluster)) as lease:
        present = revisions.serving()
        target = revisions.before() if to is None else revisions.numbered(to)
        if target is None:
            message = f"{name!r} has no earlier revision in namespace {cluster.namespace!r} to go back to"
            raise RolloutError(message)
        if present is not None and target.name == present.name:
            message = f"{target.title} serves already"
            raise RolloutError(message)
        lease.advance(**leases.AT_REST)
        lease.advance(revision=target.number, strategy="undo", phase="rolling back")
        _serve(cluster, revisions, lease, target, seconds)
        if present is not None:
            revisions.mark(present, "deprecated", why or f"undone in favour of {target.title}")
    return target


def _serve(cluster: Cluster, revisions: Revisions, lease: leases.Lease, target: Revision, seconds: float) -> None:
    """Rolls a revision out; the last good one serves again when that fails."""
    try:
        settling.settle(cluster, target, seconds, lease.require)
    except RolloutError as error:
        message = f"{error}; {restore(cluster, revisions.name, revisions.serving(), seconds)}"
        raise RolloutError(message) from None
    revisions.finish(target)
    revisions.overtake(target)
    lease.advance(**leases.AT_REST)


def _me(cluster: Cluster) -> str:
    return cluster.who() or "somebody"


def _track(cluster: Cluster, found: Object) -> Track:
    ready = sum(is_ready(pod) for pod in pods(cluster, found))
    return Track(found["metadata"]["name"], annotation(found, DIGEST), int(found["spec"]["replicas"]), ready)


def _routed(cluster: Cluster, name: str) -> str:
    found, route = cluster.get("Service", name), cluster.get("HTTPRoute", name)
    backends = [item for rule in (route or {"spec": {}})["spec"].get("rules", []) for item in rule["backendRefs"]]
    if any(item["name"] == tracks.canary_name(name) for item in backends):
        return "both"
    return str(found["spec"]["selector"].get(TRACK_LABEL, "both")) if found else ""


def _remarks(
    serving: Revision | None, seen: tuple[Track, ...], progress: Progress, holder: str, champion: str
) -> list[str]:
    said = []
    if champion and serving and champion != serving.digest:
        said.append(f"the registry's champion is {champion[:12]}, but {serving.digest[:12]} is served")
    if progress.revision and not holder and progress.phase != ON_TRIAL:
        said.append(
            f"a rollout of revision {progress.revision} was left half done ({progress.phase}): "
            "run it again, or slipway rollout abort"
        )
    said += [f"{item.name}: {item.ready} of {item.wanted} pods are ready" for item in seen if item.ready < item.wanted]
    return said
