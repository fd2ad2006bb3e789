"""Revisions: what was served, kept in the cluster itself, so that an undo needs nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from slipway.errors import RolloutError
from slipway.rollout.api import Cluster
from slipway.rollout.templates import DIGEST, REVISION, RUN, WHO, WHY, Object, annotation, labels

State = Literal["pending", "trial", "serving", "kept", "deprecated"]
"""On its way, in an A/B test or a shadow, the last good one, an earlier good one, or refused."""

_PART = "revision"
_STATE, _SINCE, _REASON = "slipway/state", "slipway/since", "slipway/reason"


@dataclass(frozen=True, slots=True)
class Revision:
    """What was, or is to be, served.

    Attributes:
        name: Name of the record.
        number: Counts the revisions of a predictor from 1.
        state: What became of it.
        digest: Digest of the bundle.
        run: The run that brought it.
        who: Who ran it.
        why: The reason given.
        since: When it came into its state.
        reason: Why it is in its state; empty when nothing went wrong.
        objects: The objects that serve it.
    """

    name: str
    number: int
    state: State
    digest: str
    run: str
    who: str
    why: str
    since: str
    reason: str
    objects: tuple[Object, ...]

    @property
    def title(self) -> str:
        """The revision in a sentence."""
        return f"revision {self.number} ({self.digest[:12]})"

    @property
    def deployment(self) -> Object:
        """Its Deployment, see ``signed``."""
        return self.signed()[-1]

    @property
    def service(self) -> Object:
        """Its Service, see ``signed``."""
        return self.signed()[-2]

    def signed(self) -> list[Object]:
        """Its objects with annotations that say who brought them and why; pods don't change with it."""
        notes = {REVISION: str(self.number), RUN: self.run, WHO: self.who, WHY: self.why}
        return [
            {
                **item,
                "metadata": {**item["metadata"], "annotations": {**item["metadata"].get("annotations", {}), **notes}},
            }
            for item in self.objects
        ]


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revisions of a predictor.

    Attributes:
        cluster: Where it is served.
        name: Its name.
    """

    cluster: Cluster
    name: str

    def all(self) -> list[Revision]:
        """Every revision that is kept, the newest first."""
        found = self.cluster.find("ControllerRevision", labels(self.name, _PART))
        return sorted((_parsed(item) for item in found), key=lambda item: -item.number)

    def serving(self) -> Revision | None:
        """The last good revision; None before the first."""
        return next((item for item in self.all() if item.state == "serving"), None)

    def on_trial(self) -> Revision | None:
        """The revision in an A/B test, or a shadow; None when there is none."""
        return next((item for item in self.all() if item.state == "trial"), None)

    def overtake(self, revision: Revision) -> None:
        """Writes down that others which were on their way, or on trial, are so no more."""
        for item in self.all():
            if item.state in ("pending", "trial") and item.name != revision.name:
                self.mark(item, "deprecated", f"overtaken by {revision.title}")

    def before(self) -> Revision | None:
        """The last good revision before the one that serves."""
        known = self.all()
        kept = [item for item in known if item.state == "kept"]
        served = any(item.state == "serving" for item in known)
        return max(kept, key=lambda item: item.since, default=None) if served else None

    def numbered(self, number: int) -> Revision:
        """The revision of a number.

        Raises:
            RolloutError: There is none.
        """
        known = self.all()
        for item in known:
            if item.number == number:
                return item
        raise UnknownRevisionError(number, [item.number for item in known])

    def record(self, identity: str, digest: str, objects: list[Object], notes: dict[str, str]) -> Revision:
        """Writes down what is about to be served; a revision that is served again keeps its number.

        Args:
            identity: What names these objects; see ``objects.identity``.
            digest: Digest of the bundle.
            objects: The objects that serve it, without those that carry the bundle.
            notes: run, who and why.
        """
        known = self.all()
        name = f"{self.name}-{identity}"
        before = next((item for item in known if item.name == name), None)
        number = before.number if before else 1 + max((item.number for item in known), default=0)
        state = "serving" if before and before.state == "serving" else "pending"
        annotations = {DIGEST: digest, RUN: notes["run"], WHO: notes["who"], WHY: notes["why"], **_standing(state, "")}
        made = {
            "apiVersion": "apps/v1",
            "kind": "ControllerRevision",
            "metadata": {
                "name": name,
                "namespace": self.cluster.namespace,
                "labels": labels(self.name, _PART),
                "annotations": annotations,
            },
            "revision": number,
            "data": {"objects": objects},
        }
        if before is None:
            self.cluster.apply(made)
        else:
            self.cluster.patch("ControllerRevision", name, {"metadata": {"annotations": annotations}})
        return _parsed(made)

    def mark(self, revision: Revision, state: State, reason: str = "") -> None:
        """Writes down what became of a revision."""
        body = {"metadata": {"annotations": _standing(state, reason)}}
        self.cluster.patch("ControllerRevision", revision.name, body)

    def finish(self, revision: Revision) -> None:
        """Writes down that a revision is the good one now; the one before is kept."""
        for item in self.all():
            if item.state == "serving" and item.name != revision.name:
                self.mark(item, "kept")
        self.mark(revision, "serving")

    def prune(self, keep: int) -> None:
        """Removes all but the last good, the newest kept and the newest refused revisions.

        Args:
            keep: How many of either stay.
        """
        known = self.all()
        for state in ("kept", "deprecated"):
            old = sorted((item for item in known if item.state == state), key=lambda item: item.since)
            for item in old[: max(0, len(old) - keep)]:
                self.cluster.delete("ControllerRevision", item.name)


class UnknownRevisionError(RolloutError):
    """There is no revision of a number."""

    def __init__(self, number: int, known: list[int]) -> None:
        listed = ", ".join(map(str, known)) or "none"
        super().__init__(f"there is no revision {number} in the cluster any more; there are: {listed}")


def _standing(state: str, reason: str) -> dict[str, str]:
    return {_STATE: state, _SINCE: datetime.now(UTC).isoformat(timespec="microseconds"), _REASON: reason}


def _parsed(item: Object) -> Revision:
    def note(key: str) -> str:
        return annotation(item, key)

    return Revision(
        name=item["metadata"]["name"],
        number=int(item["revision"]),
        state=note(_STATE),  # type: ignore[arg-type]
        digest=note(DIGEST),
        run=note(RUN),
        who=note(WHO),
        why=note(WHY),
        since=note(_SINCE),
        reason=note(_REASON),
        objects=tuple(item["data"]["objects"]),
    )
