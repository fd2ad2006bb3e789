"""What current rows are compared with, when no reference rows are at hand."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from slipway.bundle import manifest as manifests
from slipway.bundle.fetch import fetch
from slipway.bundle.load import Bundle, load
from slipway.data import storage
from slipway.data.heldout import Heldout
from slipway.data.schema import Kind, Target
from slipway.drift import stored
from slipway.drift.profile import Profile
from slipway.evaluation.bootstrap import Interval
from slipway.registry.folder import Registry, Version


@dataclass(frozen=True, slots=True)
class Judged:
    """A model with what is known of its answers.

    Attributes:
        bundle: The model.
        predictions: What it answered for rows that it was not trained on.
        heldout: Which rows these are.
    """

    bundle: Bundle
    predictions: Profile
    heldout: Heldout

    @property
    def expected(self) -> dict[str, Interval]:
        """Metric to its score when the model was judged, with its interval; bundles of older releases have none."""
        scores = self.bundle.manifest.metrics
        return {
            name: Interval(value, scores[f"{name}_low"], scores[f"{name}_high"])
            for name, value in scores.items()
            if {f"{name}_low", f"{name}_high"} <= scores.keys()
        }


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference.

    Attributes:
        profile: Its columns.
        judged: The model that goes with it; None for a profile alone.
    """

    profile: Profile
    judged: Judged | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """Name to kind of its columns."""
        return self.profile.kinds

    @property
    def together(self) -> tuple[str, ...]:
        """Names of the columns whose dependence is known."""
        return self.profile.dependence.columns if self.profile.dependence else ()

    @property
    def target(self) -> Target | None:
        """What the model predicts; None for a profile alone."""
        return self.judged.bundle.schema.target if self.judged else None


def of_bundle(folder: Path) -> Reference:
    """The reference that a bundle holds.

    Args:
        folder: The bundle, here.

    Raises:
        BundleError: It is damaged.
        DataError: Its profiles are of another format.
    """
    bundle = load(folder)
    profile, predictions = (
        stored.from_json((folder / name).read_bytes()) for name in (manifests.REFERENCE, manifests.PREDICTIONS)
    )
    heldout = Heldout.from_json((folder / manifests.HELDOUT).read_bytes())
    return Reference(profile, Judged(bundle, predictions, heldout))


def of_version(version: Version, registry: str) -> Reference:
    """The reference of a champion.

    Args:
        version: The champion.
        registry: Where it is kept.

    Raises:
        BundleError: It is damaged.
        DataError: Its profiles are of another format.
    """
    with tempfile.TemporaryDirectory() as folder:
        return of_bundle(Registry(registry).fetch(version, Path(folder)))


def at(uri: str) -> Reference | None:
    """The reference at a URI; None where it is a table.

    Args:
        uri: A bundle or a profile (JSON), at any fsspec URI; or anything else.

    Raises:
        BundleError: The bundle is damaged.
        DataError: The profile can't be read, or has another format.
    """
    if uri.endswith(".json"):
        return Reference(stored.from_json(storage.read_bytes(uri)))
    if not storage.exists(storage.join(uri, manifests.FILE)):
        return None
    with _here(uri) as folder:
        return of_bundle(folder)


@contextlib.contextmanager
def _here(uri: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield fetch(uri, Path(folder) / "bundle")
