"""Current rows, read once: what they are like, what a model answers for them, and the truth."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.cast import TYPES
from slipway.data.schema import Kind, Schema, Target
from slipway.data.target import encode
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift.answers import Answers
from slipway.drift.profile import Column, Profile
from slipway.drift.sample import Sample
from slipway.errors import DataError, UnknownNameError
from slipway.features.inputs import inputs
from slipway.steps.champion import labels
from slipway.steps.reference import Judged

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answered:
    """A model's answers for rows that it was not trained on.

    Attributes:
        outputs: Probabilities (n, k), or predictions (n,), of all of them.
        known: The rows among them whose truth is known, with it, in the order of time.
    """

    outputs: Floats
    known: Answers | None


@dataclass(frozen=True, slots=True)
class Current:
    """What is known of the current rows.

    Attributes:
        profile: Their columns.
        target: The truth as a column; None where it is not there.
        sample: Some of them.
        answered: What a model answers for them; None without a model that can.
        notes: Why there are no answers, in sentences.
    """

    profile: Profile
    target: Column | None
    sample: Sample
    answered: Answered | None
    notes: tuple[str, ...] = ()


def read(
    parts: Iterable[pl.DataFrame],
    kinds: Mapping[str, Kind],
    sampled: Iterable[str],
    target: Target | None = None,
    judged: Judged | None = None,
) -> Current:
    """Reads rows, a part at a time.

    Args:
        parts: The rows; with the target where it is known.
        kinds: Name to kind of the columns to look at.
        sampled: Those that are to be looked at together.
        target: The target; None for none.
        judged: The model to ask; None for none.

    Raises:
        DataError: There are no rows.
    """
    random, wanted = np.random.default_rng(0), [name for name in sampled if kinds.get(name, "date") != "date"]
    refusal = _refusal(judged, kinds)
    looks: list[tuple[Profile, Sample, Profile | None]] = []
    asked: list[tuple[Floats, pl.DataFrame]] = []
    for frame in parts:
        columns = inputs(frame, kinds)
        look = profiles.fit(columns, kinds), samples.fit(columns, wanted, random), _truth(frame, target)
        looks = [_merged([*looks, look])]
        if judged and not refusal:
            try:
                asked += _asked(frame, judged)
            except UnknownNameError as error:
                refusal = f"the model's answers were not looked at: {error}"
    if not looks:
        message = "the table has no rows, so there is nothing to compare"
        raise DataError(message)
    profile, sample, truth = looks[0]
    notes = [refusal] if refusal else []
    if judged and not refusal and not asked:
        notes.append("which rows the model was not trained on can't be told, so its answers were not looked at")
    answered = None
    if judged and asked and not refusal:
        answered = _answered(asked, judged.bundle.schema, judged.bundle.manifest.threshold)
    return Current(profile, truth.columns[0] if truth else None, sample, answered, tuple(notes))


def _merged(
    looks: list[tuple[Profile, Sample, Profile | None]],
) -> tuple[Profile, Sample, Profile | None]:
    targets = [look[2] for look in looks if look[2] is not None]
    return (
        profiles.merge([look[0] for look in looks]),
        samples.merge([look[1] for look in looks]),
        profiles.merge(targets) if targets else None,
    )


def _truth(frame: pl.DataFrame, target: Target | None) -> Profile | None:
    if target is None or target.name not in frame.columns:
        return None
    if (frame[target.name].dtype == pl.String) != (target.kind == "category"):
        message = f"target {target.name!r} is of kind {target.kind}, but the current data has it as something else"
        raise DataError(message)
    kinds = {target.name: target.kind}
    return profiles.fit(inputs(frame, kinds), kinds)


def _refusal(judged: Judged | None, kinds: Mapping[str, Kind]) -> str:
    """Why a model can't be asked about rows of these kinds; empty when it can."""
    if judged is None:
        return ""
    for name, kind in judged.bundle.schema.kinds.items():
        now = kinds.get(name, kind)
        if now != kind and {now, kind} & {"category", "date"}:
            return f"the model was not asked, for column {name!r} is {now} and it was trained on {kind}"
    return ""


def _asked(frame: pl.DataFrame, judged: Judged) -> list[tuple[Floats, pl.DataFrame]]:
    schema = judged.bundle.schema
    known = schema.target.name in frame.columns
    if judged.heldout.largest:
        if not known:
            return [_answer(frame, judged)]
        frame = frame.filter(pl.col(schema.target.name).is_not_null())
        found = judged.heldout.includes(frame, labels(frame, schema.target)) if len(frame) else None
        if found is None:
            return []
        frame = frame.filter(pl.Series(found))
    return [_answer(frame, judged)] if len(frame) else []


def _answer(frame: pl.DataFrame, judged: Judged) -> tuple[Floats, pl.DataFrame]:
    schema = judged.bundle.schema
    columns = [
        frame[name] if name in frame.columns else pl.Series(name, [None] * len(frame), dtype=TYPES[kind])
        for name, kind in schema.kinds.items()
    ]
    kept = [name for name in (schema.target.name, schema.event_time) if name in frame.columns]
    return judged.bundle.predict(inputs(pl.DataFrame(columns), schema.kinds)), frame.select(kept)


def _answered(asked: list[tuple[Floats, pl.DataFrame]], schema: Schema, threshold: float) -> Answered:
    outputs = np.concatenate([part for part, _ in asked])
    frame = pl.concat([part for _, part in asked])
    target = schema.target
    if target.name not in frame.columns:
        return Answered(outputs, None)
    frame = frame.with_row_index("\0row").filter(pl.col(target.name).is_not_null())
    if schema.event_time in frame.columns:
        frame = frame.sort(schema.event_time, maintain_order=True)
    if not len(frame):
        return Answered(outputs, None)
    y = encode(frame[target.name], target)
    known = outputs[frame["\0row"].to_numpy()]
    return Answered(outputs, Answers(target.task, y, known, threshold=threshold))
