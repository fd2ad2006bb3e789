"""A scikit-learn estimator on disk, without pickle."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import skops.io

from slipway.errors import BundleError

FILE = "model.skops"

TRUSTED = ("sklearn.tree._tree.Tree",)
"""Types besides those that skops trusts: arrays in the shape of a tree, no code."""


def save(estimator: Any, folder: Path) -> None:
    """Writes an estimator in the skops format."""
    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(estimator, folder / FILE)


def load(folder: Path) -> Any:
    """Reads an estimator; only types that skops trusts and those in ``TRUSTED`` are made.

    Raises:
        BundleError: The file asks for another type, or is none of slipway's.
    """
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=folder / FILE)) - set(TRUSTED))
    except (OSError, BadZipFile, ValueError, KeyError, TypeError) as error:
        message = f"{FILE} can't be read: {error}; it was not written by slipway"
        raise BundleError(message) from None
    if unknown:
        message = f"{FILE} asks for types that are not trusted: {', '.join(unknown)}; it was not written by slipway"
        raise BundleError(message)
    return skops.io.load(folder / FILE, trusted=list(TRUSTED))


def outputs(estimator: Any, x: Any) -> Any:
    """Probabilities of a classifier, or predictions of a regressor."""
    return (
        estimator.predict_proba(x) if hasattr(estimator, "predict_proba") else np.asarray(estimator.predict(x)).ravel()
    )
