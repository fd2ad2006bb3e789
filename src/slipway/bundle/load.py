"""Loading a bundle: nothing is answered before every file and every golden row is checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import batch as batches
from slipway.bundle import manifest as manifests
from slipway.bundle.batch import Batch
from slipway.bundle.engine import Engine, Inputs, Predict
from slipway.bundle.golden import TOLERANCE, Golden
from slipway.bundle.manifest import Manifest
from slipway.bundle.pickles import is_pickle
from slipway.bundle.sense import contradictions
from slipway.data.schema import Schema
from slipway.errors import BundleError

_REQUIRED = (
    manifests.MODEL,
    manifests.SCHEMA,
    manifests.REFERENCE,
    manifests.PREDICTIONS,
    manifests.HELDOUT,
    manifests.GOLDEN,
    manifests.CARD,
)


Answering = TypeVar("Answering", Engine, Batch | None)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A verified bundle.

    Attributes:
        folder: Where it is.
        manifest: What it is.
        schema: Its input columns and its target.
        golden: Its golden rows.
        engine: Its graph.
        batch: The faster way for batches; None where there is none.
    """

    folder: Path
    manifest: Manifest
    schema: Schema
    golden: Golden
    engine: Engine
    batch: Batch | None = None

    @property
    def engines(self) -> dict[str, Predict]:
        """Name to a function that answers for raw rows as ``predict`` does, which is the first of them."""
        faster = {"XGBoost": self.batch.predict} if self.batch else {}
        return {"the graph": self.engine.predict, **faster}

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Answers for raw rows; see ``Engine.predict``."""
        return self.engine.predict(inputs)


def load(folder: Path, digest: str | None = None, threads: int = 1, public_key: str = "") -> Bundle:
    """Loads a bundle.

    Args:
        folder: The bundle.
        digest: The digest that it must have; None for any.
        threads: Threads that one prediction may use.
        public_key: The key that must have signed it, see ``signature.require``; empty for none.

    Raises:
        BundleError: A file is missing, added or changed, the format or the digest is another one, there is a pickle, it
            is not signed, or a golden row gets another prediction.
    """
    manifest = verify(folder, digest, public_key)
    try:
        schema = Schema.from_json((folder / manifests.SCHEMA).read_bytes())
        golden = Golden.from_json((folder / manifests.GOLDEN).read_bytes(), schema)
        wrong = next(contradictions(manifest, schema, golden), "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"bundle {str(folder)!r}: the schema or the golden rows can't be read: {error!r}"
        raise BundleError(message) from None
    if wrong:
        message = f"bundle {str(folder)!r} contradicts itself: {wrong}"
        raise BundleError(message)
    engine = _replayed(folder, lambda: Engine((folder / manifests.MODEL).read_bytes(), threads), golden)
    parts = {name: (folder / name).read_bytes() for name in manifests.PARTS if name in manifest.files}
    batch = _replayed(folder, lambda: batches.made_of(parts, golden.inputs, schema.target.scores), golden)
    return Bundle(folder, manifest, schema, golden, engine, batch)


def verify(folder: Path, digest: str | None = None, public_key: str = "") -> Manifest:
    """Checks that a bundle is complete and unchanged, without loading it.

    Args:
        folder: The bundle.
        digest: The digest that it must have; None for any.
        public_key: The key that must have signed it; empty for none.

    Returns:
        Its manifest.

    Raises:
        BundleError: See ``load``.
    """
    manifest = manifests.read(folder)
    if digest and manifest.digest != digest:
        message = f"bundle {str(folder)!r} has digest {manifest.digest[:12]}, but {digest[:12]} is asked for"
        raise BundleError(message)
    try:
        what, names = next((found for found in _faults(folder, manifest) if found[1]), ("", set()))
    except OSError as error:
        message = f"bundle {str(folder)!r} can't be read: {error}"
        raise BundleError(message) from None
    if names:
        message = f"bundle {str(folder)!r} {what} {', '.join(sorted(names))}"
        raise BundleError(message)
    if public_key:
        from slipway.bundle import signature  # few servers ask for one, and all of them should start fast

        signature.require(folder, manifest.digest, public_key)
    return manifest


def _faults(folder: Path, manifest: Manifest) -> Iterator[tuple[str, set[str]]]:
    """What may be wrong with the files, and the names of those with which it is; links are told before any is read."""
    found = manifests.files_in(folder)
    apart = {name: folder / name for name in (manifests.FILE, manifests.SIGNATURE)}
    everything = {**found, **apart}
    parts = set(manifests.PARTS)
    yield "lacks", (set(manifest.files) | set(_REQUIRED) | (parts if parts & set(found) else set())) - set(found)
    yield "has a file that its manifest does not list:", set(found) - set(manifest.files)
    yield "holds a link, which is never followed:", {name for name, path in everything.items() if path.is_symlink()}
    yield "holds a pickle, which is never loaded:", {name for name, path in found.items() if is_pickle(path)}
    yield "was changed:", {name for name, path in found.items() if manifest.files[name] != manifests.hash_of(path)}


def _replayed(folder: Path, ready: Callable[[], Answering], golden: Golden) -> Answering:
    """What ``ready`` makes, once it has answered the golden rows as expected."""
    try:
        made = ready()
        if made is None:
            return made
        outputs = made.predict(golden.inputs)
        alone = made.predict({name: values[:1] for name, values in golden.inputs.items()})
        difference = max(golden.differences(outputs), Golden({}, golden.outputs[:1]).differences(alone))
    except BundleError:
        raise
    except Exception as error:  # onnxruntime's own errors share no root but this
        message = f"bundle {str(folder)!r}: the golden rows can't be predicted: {str(error).splitlines()[0]}"
        raise BundleError(message) from None
    if not difference <= TOLERANCE:
        message = f"bundle {str(folder)!r}: a golden row gets another prediction, off by {difference:.3g}"
        raise BundleError(message)
    return made
