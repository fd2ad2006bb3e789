"""Fitting a plan: over parts of the training rows, added up."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from slipway.data import arrays, rowhash
from slipway.data import sketch as sketches
from slipway.data.schema import Schema
from slipway.data.sketch import Sketch
from slipway.data.target import encode
from slipway.features import category, choice, date, number, target_mean, text
from slipway.features.apply import derive
from slipway.features.arithmetic import Floats
from slipway.features.category import Category, Ordinal
from slipway.features.choice import Choice
from slipway.features.inputs import prepared
from slipway.features.plan import Plan
from slipway.features.target_mean import Folds

TRACKED = 200_000
"""Levels of a category that are counted while fitting; rarer ones are forgotten first."""

Parts = Callable[[], Iterable[pl.DataFrame]]


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the training rows so far.

    Attributes:
        sketches: A sketch of each number, integer, boolean, date and derived column.
        levels: Level counts of each category; the empty text stands for a missing value.
        ngrams: n-gram counts of each text.
    """

    sketches: dict[str, Sketch]
    levels: dict[str, Counter[str]]
    ngrams: dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A plan, and what training rows need besides it.

    Attributes:
        plan: The plan.
        folds: Number of folds of target encoding.
        others: For each of the plan's ``targets``, the means from the other folds, (folds, codes, outputs).
    """

    plan: Plan
    folds: int
    others: list[Floats]


def whole(parts: Parts, schema: Schema, chosen: Choice) -> Fitted:
    """Fits a plan on all training rows: in one pass, or in two when a category is to become means of the target.

    Args:
        parts: Gives the training rows in parts, each time the same and in the same order.
        schema: Their schema.
        chosen: What the spec says, see ``slipway.features.choice``.
    """
    state: State | None = None
    for part in parts():
        seen = fit(part, schema, chosen)
        state = seen if state is None else merge([state, seen])
    assert state is not None  # noqa: S101 - a table has at least one part
    plan = finish(state, schema, chosen)
    if not plan.targets:
        return Fitted(plan, chosen.features.folds, [])
    sums: list[list[Floats]] = []
    at = 0
    for part in parts():
        folds = folds_of(part, at, schema, chosen.features.folds)
        goal = encode(part[schema.target.name], schema.target)
        found = target_mean.fit(prepared(part, schema.kinds), plan.targets, goal, folds, chosen.features.folds)
        sums = [target_mean.merge([*sums, found])]
        at += len(part)
    targets, others = target_mean.finish(plan.targets, sums[0], chosen.features.smoothing)
    return Fitted(replace(plan, targets=targets), chosen.features.folds, others)


def folds_of(frame: pl.DataFrame, at: int, schema: Schema, count: int) -> Folds:
    """The fold of each training row: that of its entity where there is one, else by its place.

    Args:
        frame: Training rows.
        at: How many came before them.
        schema: Their schema.
        count: Number of folds.
    """
    named = frame.select(schema.entity) if schema.entity else _numbered(at, len(frame))
    return (rowhash.hashes(named) % np.uint64(count)).astype(np.int64)


def fit(part: pl.DataFrame, schema: Schema, chosen: Choice) -> State:
    """Looks at a part of the training rows.

    Args:
        part: Raw rows.
        schema: Their schema.
        chosen: What the spec says.
    """
    ready = derive(chosen.derived, prepared(part, schema.kinds))
    sketched = [name for name in ready.columns if ready[name].dtype == pl.Float64]
    levels = [name for name, kind in schema.kinds.items() if kind == "category"]
    texts = [name for name, kind in schema.kinds.items() if kind == "text"]
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        sketched_columns = threads.map(lambda name: sketches.fit(arrays.floats(ready[name])), sketched)
        counted_levels = threads.map(lambda name: _levels(ready[name]), levels)
        counted_ngrams = threads.map(lambda name: text.fit(ready[name], chosen.options(name).ngrams), texts)
        return State(
            dict(zip(sketched, sketched_columns, strict=True)),
            dict(zip(levels, counted_levels, strict=True)),
            dict(zip(texts, counted_ngrams, strict=True)),
        )


def merge(parts: Sequence[State]) -> State:
    """Adds up what is known of parts; at least one is needed."""
    first = parts[0]
    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        merged = threads.map(lambda name: sketches.merge([part.sketches[name] for part in parts]), first.sketches)
        return State(
            dict(zip(first.sketches, merged, strict=True)),
            {name: _added([part.levels[name] for part in parts]) for name in first.levels},
            {name: text.merge([part.ngrams[name] for part in parts]) for name in first.ngrams},
        )


def finish(state: State, schema: Schema, chosen: Choice) -> Plan:
    """The plan for rows like those that were seen; the means of its ``targets`` are not known yet.

    Args:
        state: What is known of all training rows.
        schema: Their schema.
        chosen: What the spec says.
    """
    kinds = {name: kind for name, kind in schema.kinds.items() if chosen.used(name)}
    numbers = [name for name, kind in kinds.items() if kind in choice.NUMERIC]
    numbers += [step.name for step in chosen.derived if chosen.used(step.name)]
    coded = {name: _coded(name, state, schema, chosen) for name, kind in kinds.items() if kind == "category"}
    texts = [name for name, kind in kinds.items() if kind == "text"]
    return Plan(
        numbers=tuple(number.finish(name, state.sketches[name], chosen.options(name)) for name in numbers),
        dates=tuple(
            date.finish(name, state.sketches[name], chosen.options(name), chosen.parts)
            for name, kind in kinds.items()
            if kind == "date" and name != chosen.event_time
        ),
        categories=tuple(step for step in coded.values() if isinstance(step, Category)),
        ordinals=tuple(step for step in coded.values() if isinstance(step, Ordinal)),
        targets=tuple(step for step in coded.values() if isinstance(step, target_mean.TargetMean)),
        texts=tuple(text.finish(name, state.ngrams[name], chosen.options(name)) for name in texts),
        derived=chosen.derived,
        windows=chosen.windows,
        event_time=chosen.event_time,
        version=chosen.features.version,
        notes=tuple(note for name, step in coded.items() for note in _notes(state.levels[name], step)),
    )


def _coded(name: str, state: State, schema: Schema, chosen: Choice) -> category.Levels:
    options, counts = chosen.options(name), Counter(state.levels[name])
    missing = counts.pop("", 0) > 0
    common = category.ranked(counts, len(counts), options.min_rows)
    encoding = options.encode
    if encoding in ("auto", "none"):
        encoding = "one_hot" if len(common) <= options.levels else "target"
    if encoding == "target":
        return target_mean.start(name, common[: choice.TARGET_LEVELS], schema.target)
    kind = Category if encoding == "one_hot" else Ordinal
    levels = common[: options.levels]
    return kind(name, levels, other=len(levels) < len(counts), missing=missing)


def _notes(counts: Counter[str], step: category.Levels) -> list[str]:
    rest = {level: rows for level, rows in counts.items() if level and level not in step.codes}
    if not rest:
        return []
    share = sum(rest.values()) / counts.total()
    return [
        f"column {step.column!r}: {len(step.levels):,} of its {len(rest) + len(step.levels):,} levels are told apart; "
        f"the rest, {share:.1%} of the training rows, counts as other levels"
    ]


def _levels(values: pl.Series) -> Counter[str]:
    return _bounded(Counter(dict(values.value_counts().iter_rows())))


def _added(parts: Sequence[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return _bounded(total)


def _bounded(counts: Counter[str]) -> Counter[str]:
    if len(counts) <= TRACKED:
        return counts
    return Counter(dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TRACKED]))


def _numbered(at: int, count: int) -> pl.DataFrame:
    return pl.DataFrame({"row": pl.int_range(at, at + count, eager=True)})
