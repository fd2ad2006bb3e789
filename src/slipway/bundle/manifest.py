"""``bundle.json``: what a bundle is, and the hash of every file in it."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from slipway.errors import BundleError

FILE = "bundle.json"
SIGNATURE = "bundle.sig"
"""May be beside it; see ``signature``."""

FORMAT = 3
"""Version of the format; a bundle of another one is refused."""

MODEL, SCHEMA, REFERENCE, PREDICTIONS, HELDOUT, GOLDEN, CARD, NATIVE = (
    "model.onnx",
    "schema.json",
    "reference.json",
    "reference.predictions.json",
    "heldout.json",
    "golden.json",
    "card.md",
    "native",
)


FEATURES, TREES, LINK = PARTS = ("batch/features.onnx", "batch/trees.nodes", "batch/link.onnx")
"""The same model in three parts, where it is a sum of trees that XGBoost's library can walk batches through."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is.

    Attributes:
        format: Version of the format.
        name: Name of the model.
        candidate: The candidate that it is.
        task: ``binary``, ``multiclass`` or ``regression``.
        classes: Class labels as text; empty for a regression.
        threshold: Probability from which a binary prediction is the positive class.
        created: When, UTC, ISO 8601.
        fingerprint: Fingerprint of the data.
        rows: Rows of each split.
        dropped: Rows that were left out, by reason, such as ``no consent``.
        metrics: Scores on the test rows.
        spec: The fields of the spec that decided what it is.
        plan: Version of the feature plan with its hash.
        lineage: Feature to the raw columns that it comes from.
        revision: Git revision of the working directory; empty outside of one.
        versions: Versions of the libraries that matter.
        files: Name to sha256 of every other file.
    """

    format: int
    name: str
    candidate: str
    task: str
    classes: tuple[str, ...]
    threshold: float
    created: str
    fingerprint: str
    rows: dict[str, int]
    dropped: dict[str, int]
    metrics: dict[str, float]
    spec: dict[str, Any]
    plan: str
    lineage: dict[str, tuple[str, ...]]
    revision: str
    versions: dict[str, str]
    files: dict[str, str]

    @property
    def digest(self) -> str:
        """sha256 of everything above, hex: it names the whole bundle, for it holds the hash of every file."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_json(self) -> str:
        """The manifest with its digest, as indented JSON."""
        return json.dumps({"digest": self.digest, **asdict(self)}, indent=2, ensure_ascii=False)


def read(folder: Path) -> Manifest:
    """Reads the manifest of a bundle.

    Args:
        folder: The bundle.

    Raises:
        BundleError: There is none, it is damaged, or it has another format.
    """
    try:
        text = (folder / FILE).read_bytes()
    except FileNotFoundError:
        message = f"{str(folder)!r} is no complete bundle: it has no {FILE}"
        raise BundleError(message) from None
    except OSError as error:
        message = f"{FILE} of {str(folder)!r} can't be read: {error}"
        raise BundleError(message) from None
    return parse(text, str(folder))


def parse(text: bytes, bundle: str) -> Manifest:
    """The manifest in the text of ``bundle.json``.

    Args:
        text: The text.
        bundle: Where the bundle is, for the sentence when something is wrong.

    Raises:
        BundleError: It is damaged, or it has another format.
    """
    try:
        raw = json.loads(text)
        digest, version = raw.pop("digest"), raw["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{FILE} of {bundle!r} can't be read: {error}"
        raise BundleError(message) from None
    if version != FORMAT:
        message = f"bundle {bundle!r} has format {version!r}; this release reads format {FORMAT}: train it again"
        raise BundleError(message)
    try:
        lineage = {name: tuple(columns) for name, columns in raw["lineage"].items()}
        manifest = Manifest(**{**raw, "classes": tuple(raw["classes"]), "lineage": lineage})
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{FILE} of {bundle!r} has other fields than it should: {error}"
        raise BundleError(message) from None
    if manifest.digest != digest:
        message = f"bundle {bundle!r} was changed: {FILE} does not match its digest {str(digest)[:12]}"
        raise BundleError(message)
    return manifest


def hash_of(path: Path) -> str:
    """sha256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path) -> dict[str, Path]:
    """Name to path of every file of a bundle but ``bundle.json`` and the signature; names use ``/``."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    apart = {folder / FILE, folder / SIGNATURE}
    return {path.relative_to(folder).as_posix(): path for path in paths if path not in apart}
