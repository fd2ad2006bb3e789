"""Current rows against what is known of the reference: everything that can be found."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.drift import multivariate
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift.compare import MIN_ROWS, compare
from slipway.drift.comparison import Comparison
from slipway.drift.estimate import estimate
from slipway.drift.findings import Findings
from slipway.drift.performance import MIN_ROWS as MIN_KNOWN
from slipway.drift.performance import Performance, watch
from slipway.drift.profile import Column, Profile
from slipway.drift.severity import unused
from slipway.spec import Drift
from slipway.steps.current import Answered, Current
from slipway.steps.reference import Judged, Reference

Floats = NDArray[np.float64]


def examine(reference: Reference, current: Current, limits: Drift) -> Findings:
    """Compares current rows with a reference.

    Args:
        reference: The reference.
        current: The current rows.
        limits: The limits.

    Raises:
        DataError: There are too few rows, or no column in common.
    """
    data = compare(reference.profile, current.profile, limits)
    found = Findings(
        data=data,
        target=_target(reference.profile.target, current.target, limits),
        multivariate=multivariate.compare(reference.profile.dependence, current.sample, limits),
    )
    judged, answered = reference.judged, current.answered
    if judged is not None and answered is not None:
        target = judged.bundle.schema.target
        found = replace(
            found,
            predictions=_predictions(judged, answered, limits),
            performance=_performance(judged, answered, limits),
            estimated=estimate(target.task, answered.outputs, judged.bundle.manifest.threshold, judged.expected),
        )
    notes = [*current.notes, *_notes(reference, current, found), unused(limits, _limited(reference))]
    return replace(found, notes=tuple(note for note in notes if note))


def profile_of_outputs(outputs: Floats, target: Target) -> Profile:
    """What a model answers, as columns.

    Args:
        outputs: Probabilities (n, k), or predictions (n,).
        target: The target, which names them.
    """
    names = target.classes or (target.name,)
    columns = {name: part[:, None] for name, part in zip(names, outputs.reshape(len(outputs), -1).T, strict=True)}
    return profiles.fit(columns, dict.fromkeys(names, "number"))


def _predictions(judged: Judged, answered: Answered, limits: Drift) -> Comparison | None:
    if len(answered.outputs) < MIN_ROWS:
        return None
    target = judged.bundle.schema.target
    both = judged.predictions, profile_of_outputs(answered.outputs, target)
    if target.task == "binary":  # the other probability is what is left of one
        both = _only(both[0], target.classes[1]), _only(both[1], target.classes[1])
    return compare(*both, limits)


def _only(profile: Profile, name: str) -> Profile:
    return replace(profile, columns=tuple(column for column in profile.columns if column.name == name))


def _target(reference: Column | None, current: Column | None, limits: Drift) -> Comparison | None:
    if reference is None or current is None or current.rows - current.nulls < MIN_ROWS:
        return None
    return compare(Profile(reference.rows, (reference,)), Profile(current.rows, (current,)), limits)


def _performance(judged: Judged, answered: Answered, limits: Drift) -> Performance | None:
    known = answered.known
    return watch(known, judged.expected, limits.window) if known is not None and len(known) >= MIN_KNOWN else None


def _limited(reference: Reference) -> list[str]:
    """The columns that limits can be set for."""
    profile, judged = reference.profile, reference.judged
    outputs = judged.predictions.kinds if judged else ()
    return [*profile.kinds, *([profile.target.name] if profile.target else ()), *outputs]


def _notes(reference: Reference, current: Current, found: Findings) -> Iterator[str]:
    yield found.data.infinite
    yield found.data.advice
    yield samples.note(reference.kinds, reference.profile.importances)
    if found.multivariate is None and reference.profile.dependence is not None:
        yield "correlations were not compared: a column is missing or of another kind, or there are fewer than 30 rows"
    if reference.judged is not None:
        yield "the reference holds no rows, so no classifier tried to tell the two apart"
        if found.performance is None and current.answered is not None:
            yield f"scores over time need at least {MIN_KNOWN} rows whose truth is known"
