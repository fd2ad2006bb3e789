"""Writing a bundle: measured and checked first, then written aside, then renamed."""

import json
import logging
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import batch
from slipway.bundle import golden as goldens
from slipway.bundle import manifest as manifests
from slipway.bundle.engine import Engine, Inputs
from slipway.bundle.load import load
from slipway.bundle.manifest import Manifest
from slipway.data import storage
from slipway.data.revision import revision
from slipway.data.schema import Schema
from slipway.errors import BundleError
from slipway.features.plan import Plan
from slipway.training.candidate import Model

PARITY = 1e-5
"""Largest difference that is allowed between graph and native model; for a regression in standard deviations."""

logger = logging.getLogger(__name__)

_LIBRARIES = ("kfp-slipway", "onnx", "onnxruntime", "polars", "scikit-learn", "xgboost-cpu")
_LATENCY_CALLS = 200


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle.

    Attributes:
        name: Name of the model.
        candidate: The candidate that it is.
        schema: Its columns and target.
        plan: Its feature plan.
        model: The native model.
        graph: Plan and model in one graph, serialised.
        parts: The same in parts, see ``parts.split``.
        reference: The drift profile of the training data, JSON.
        predictions: The drift profile of the predictions for the held-out rows, JSON.
        heldout: Which rows it was not trained on, JSON.
        card: The model card, Markdown.
        inputs: Inputs of held-out rows, to take golden rows from.
        outputs: Predictions of the graph for them.
        fingerprint: Fingerprint of the data.
        rows: Rows of each split.
        dropped: Rows that were left out, by reason.
        metrics: Scores on the test rows.
        spec: The spec.
        threshold: Probability from which a binary prediction is the positive class.
    """

    name: str
    candidate: str
    schema: Schema
    plan: Plan
    model: Model
    graph: bytes
    parts: Mapping[str, bytes]
    reference: str
    predictions: str
    heldout: str
    card: str
    inputs: Inputs
    outputs: NDArray[np.float64]
    fingerprint: str
    rows: dict[str, int]
    dropped: dict[str, int]
    metrics: dict[str, float]
    spec: dict[str, Any]
    threshold: float


def write(folder: Path, contents: Contents) -> Manifest:
    """Writes a bundle; the folder appears when it is complete and loads.

    Args:
        folder: Where it is to be; what is there is replaced.
        contents: What goes into it.

    Raises:
        BundleError: What was written does not load.
    """
    with storage.replacing(folder) as aside:
        manifest = _fill(aside, contents)
        load(aside, manifest.digest)
    return manifest


def parity(native: NDArray[Any], outputs: NDArray[np.float64], *, centre: float = 0.0, scale: float = 1.0) -> float:
    """The largest difference between a native model and its graph.

    Args:
        native: Predictions of the native model.
        outputs: Predictions of the graph for the same rows.
        centre: Mean of a regression's target; 0 for probabilities.
        scale: Its standard deviation; 1 for probabilities. Differences are divided by it, or by how far a prediction is
            from the centre where that is more: that is what single precision is relative to.

    Raises:
        BundleError: It is above ``PARITY``: such a graph must not be served.
    """
    if native.shape != outputs.shape:
        message = (
            f"the native model answers in shape {native.shape}, but its graph in {outputs.shape}; the bundle is refused"
        )
        raise BundleError(message)
    exact = np.asarray(native, dtype=np.float64)
    differences = np.abs(exact - outputs) / np.maximum(scale, np.abs(exact - centre))
    largest = float(differences.max(initial=0.0))
    if not largest <= PARITY:
        row = int(np.argmax(differences.reshape(len(differences), -1).max(axis=1)))
        message = (
            f"the graph and the native model disagree by up to {largest:.3g} (held-out row {row}), more than the "
            f"{PARITY:g} that is allowed; the bundle is refused"
        )
        raise BundleError(message)
    return largest


def size_mb(model: Model, graph: bytes, parts: Mapping[str, bytes]) -> float:
    """Size of what is large in a bundle, the native model and the graph, whole and in parts, in MB (10^6 bytes)."""
    with tempfile.TemporaryDirectory() as name:
        model.save(Path(name))
        native = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
    return (native + len(graph) + sum(map(len, parts.values()))) / 1e6


def latency_ms(engine: Engine, inputs: Inputs) -> float:
    """Median time to predict one row, in milliseconds."""
    row = {name: values[:1] for name, values in inputs.items()}
    times = []
    for _ in range(_LATENCY_CALLS):
        started = time.perf_counter()
        engine.predict(row)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def _fill(folder: Path, contents: Contents) -> Manifest:
    contents.model.save(folder / manifests.NATIVE)
    (folder / manifests.MODEL).write_bytes(contents.graph)
    for part, data in _exact(contents).items():
        (folder / part).parent.mkdir(exist_ok=True)
        (folder / part).write_bytes(data)
    golden = goldens.select(contents.inputs, contents.outputs)
    for name, text in (
        (manifests.SCHEMA, contents.schema.to_json()),
        (manifests.GOLDEN, golden.to_json()),
        (manifests.REFERENCE, contents.reference),
        (manifests.PREDICTIONS, contents.predictions),
        (manifests.HELDOUT, contents.heldout),
        (manifests.CARD, contents.card),
        (f"{manifests.NATIVE}/plan.json", contents.plan.to_json()),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    manifest = Manifest(
        format=manifests.FORMAT,
        name=contents.name,
        candidate=contents.candidate,
        task=contents.schema.target.task,
        classes=contents.schema.target.classes,
        threshold=contents.threshold,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        fingerprint=contents.fingerprint,
        rows=contents.rows,
        dropped=contents.dropped,
        metrics=contents.metrics,
        spec=json.loads(json.dumps(contents.spec)),
        plan=contents.plan.label,
        lineage=contents.plan.sources,
        revision=revision(),
        versions={name: version(name) for name in _LIBRARIES},
        files={name: manifests.hash_of(path) for name, path in manifests.files_in(folder).items()},
    )
    (folder / manifests.FILE).write_text(manifest.to_json(), encoding="utf-8")
    return manifest


def _exact(contents: Contents) -> Mapping[str, bytes]:
    """The parts, where they answer every held-out row as the graph does, to the bit; else none."""
    try:
        whole = batch.made_of(contents.parts, contents.inputs, contents.schema.target.scores)
    except BundleError:
        whole = None
    if whole is not None and np.array_equal(whole.predict(contents.inputs), contents.outputs):
        return contents.parts
    if contents.parts:
        logger.warning("batches are left to the graph: XGBoost's library does not answer held-out rows as it does")
    return {}
