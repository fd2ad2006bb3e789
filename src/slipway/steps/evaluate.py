"""The step ``evaluate``."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from slipway.bundle import write as bundles
from slipway.data import heldout, storage
from slipway.data import table as tables
from slipway.data.heldout import Heldout
from slipway.data.schema import Schema
from slipway.data.split import NAMES, TEST, TRAIN, VALIDATION
from slipway.drift import dependence as dependences
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift import stored
from slipway.evaluation import baseline, decisions
from slipway.evaluation import curves as drawing
from slipway.evaluation.card import card as card_of
from slipway.evaluation.content import ReportData
from slipway.evaluation.measure import measures
from slipway.evaluation.report import report as report_of
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import judge
from slipway.features.plan import Plan
from slipway.spec import Spec
from slipway.steps import challenger as challengers
from slipway.steps import champion as champions
from slipway.steps import current as currents
from slipway.steps.challenger import Challenger
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.steps.examine import profile_of_outputs
from slipway.steps.importances import importances
from slipway.training import store
from slipway.training.matrix import TARGET
from slipway.training.search import Trained

logger = logging.getLogger(__name__)

_UNKNOWN_HERE: dict[str, Any] = {"drift": True, "serving": True, "split": {"validation", "test"}}
"""Fields of the spec that this step is not told; a bundle does not record what nobody knows."""


@dataclass(frozen=True, slots=True)
class Curves:
    """What the KFP dashboard draws.

    Attributes:
        roc: False positive rates, true positive rates, thresholds; None where the test rows have one class only. Of
            more than two classes, all together (micro average).
        confusion: Class labels, and counts with a row for each true class.
    """

    roc: tuple[list[float], list[float], list[float]] | None
    confusion: tuple[list[str], list[list[int]]]


@dataclass(frozen=True, slots=True)
class Result:
    """What ``evaluate`` found.

    Attributes:
        promoted: Whether the challenger is to replace the champion.
        champion: Version of the champion it was compared with; 0 for none.
        digest: Digest of the challenger's bundle.
        metrics: Every score with its interval.
        curves: Curves of a classification; None for a regression.
    """

    promoted: bool
    champion: int
    digest: str
    metrics: dict[str, float]
    curves: Curves | None


@step
def evaluate(
    fields: dict[str, Any],
    *,
    seed: int,
    rows: str,
    features: str,
    plan: str,
    models: str,
    contract: str,
    bundle: str,
    verdict: str,
    card: str,
    report: str,
) -> Result:
    """Judges the best candidate against the champion on the same test rows, and writes it as a bundle.

    Args:
        fields: Fields of the spec: name, registry, metric, threshold, gates.
        seed: Seed of the bootstrap.
        rows: Folder of the raw rows of each split.
        features: Folder of their features.
        plan: The feature plan.
        models: The candidates.
        contract: The table's contract.
        bundle: Folder to write the challenger to.
        verdict: File to write the decision to (JSON).
        card: File to write the model card to (Markdown).
        report: File to write the report to (HTML).

    Raises:
        BundleError: The served graph and the native model disagree, or the champion's bundle is damaged.
        DataError: The metric is not defined on the test rows, or the champion can't be asked about them.
        RegistryError: The registry can't be read.
    """
    agreed = TableContract.read(Path(contract))
    trained = store.load(Path(models), agreed.schema.target)
    candidates = [item.name for item in trained]
    spec = agreed.spec({**fields, "candidates": candidates, "split": {"seed": seed}})
    fitted = Plan.from_json(Path(plan).read_text(encoding="utf-8"))
    goal = tables.read(Path(features) / NAMES[TRAIN], [TARGET])[TARGET].to_numpy()
    challenger = challengers.build(trained[0].model, fitted, agreed.schema, Path(rows), Path(features), goal)
    logger.info(
        "graph and native model agree on every held-out row (largest difference %.1e)", challenger.measured.parity
    )
    version = champions.find(spec.name, fields.get("registry", ""))
    champion = None
    if version is not None:
        unseen = champions.unseen(version, spec.registry, challenger.test.frame, agreed.schema)
        if not unseen.all():
            seen, kept = int((~unseen).sum()), int(unseen.sum())
            logger.info(
                "%d test rows trained the champion, for they were split otherwise then; the other %d judge", seen, kept
            )
            challenger = challenger.restricted(unseen)
        answers = champions.outputs(version, spec.registry, challenger.test.frame, agreed.schema)
        champion = Contender(f"champion v{version.number}", answers)
    y = challenger.test.matrix.y
    judged = judge(
        y,
        _contenders(trained, challenger),
        baseline.outputs(goal, agreed.schema.target, len(y)),
        target=agreed.schema.target,
        spec=spec,
        champion=champion,
        measured=challenger.measured,
    )
    data = ReportData(
        name=spec.name,
        data=agreed.data,
        fingerprint=agreed.fingerprint,
        created=datetime.now(UTC),
        schema=agreed.schema,
        counts={name: tables.rows(Path(rows) / name) for name in NAMES},
        verdict=judged,
        measures=measures(y, challenger.outputs, agreed.schema.target, spec),
        y=y,
        outputs=challenger.outputs,
        threshold=spec.threshold,
        dropped=agreed.dropped,
        notes=agreed.notes,
    )
    contents = _contents(data, challenger, trained[0], fitted, spec, Path(rows))
    digest = bundles.write(Path(bundle), contents).digest
    storage.write_text(report, report_of(data))
    storage.write_text(card, contents.card)
    storage.write_text(verdict, judged.to_json())
    logger.info("%s", judged.reason)
    return Result(judged.promoted, version.number if version else 0, digest, _metrics(data), _curves(data))


def _contenders(trained: tuple[Trained, ...], challenger: Challenger) -> list[Contender]:
    x = challenger.test.matrix.x
    others = [Contender(item.name, np.asarray(item.model.predict(x)), item.score, item.seconds) for item in trained[1:]]
    return [Contender(trained[0].name, challenger.outputs, trained[0].score, trained[0].seconds), *others]


def _contents(
    data: ReportData, challenger: Challenger, trained: Trained, plan: Plan, spec: Spec, rows: Path
) -> bundles.Contents:
    return bundles.Contents(
        name=spec.name,
        candidate=trained.name,
        schema=data.schema,
        plan=plan,
        model=trained.model,
        graph=challenger.graph,
        reference=_reference(rows / NAMES[TRAIN], data.schema, importances(challenger)),
        predictions=stored.to_json(profiles.finish(profile_of_outputs(challenger.outputs, data.schema.target))),
        heldout=_heldout(rows, data.schema, spec),
        card=card_of(data),
        inputs=challenger.inputs,
        outputs=challenger.outputs,
        fingerprint=data.fingerprint,
        rows=dict(data.counts),
        metrics=_scores(data),
        spec=spec.model_dump(mode="json", exclude=_UNKNOWN_HERE),
        threshold=spec.threshold,
    )


def _reference(folder: Path, schema: Schema, importances: Mapping[str, float]) -> str:
    together = samples.names(schema.kinds, importances)
    current = currents.read(tables.batches(folder), schema.kinds, together, schema.target)
    dependence = dependences.fit(current.sample, schema.kinds)
    return stored.to_json(profiles.finish(current.profile, importances, current.target, dependence))


def _heldout(rows: Path, schema: Schema, spec: Spec) -> str:
    if schema.event_time:
        return Heldout({}, spec.split.seed, {}).to_json()
    frame = pl.concat([tables.read(rows / NAMES[code]) for code in (VALIDATION, TEST)])
    return heldout.of(frame, champions.labels(frame, schema.target), spec.split.seed).to_json()


def _metrics(data: ReportData) -> dict[str, float]:
    gain = data.verdict.gain
    found = {"gain": gain.estimate, "gain_low": gain.low, "gain_high": gain.high}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)} | _scores(data)


def _scores(data: ReportData) -> dict[str, float]:
    found = {item.name: item.value for item in data.measures}
    for item in data.measures:
        if item.interval is not None:
            found |= {f"{item.name}_low": item.interval.low, f"{item.name}_high": item.interval.high}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _curves(data: ReportData) -> Curves | None:
    target, outputs = data.schema.target, data.outputs
    if target.task == "regression":
        return None
    y = data.y.astype(np.int64)
    decided = decisions.decide(outputs, data.threshold)
    confusion = drawing.confusion(y, decided, len(target.classes))
    if target.task == "multiclass":
        held = np.eye(len(target.classes), dtype=np.int64)[y].ravel()
        y, outputs = held, np.column_stack([1 - outputs.ravel(), outputs.ravel()])
    if y.min() == y.max():
        return Curves(None, (list(target.classes), confusion))
    roc = drawing.roc(y, outputs)
    return Curves((list(roc.x), list(roc.y), list(roc.thresholds)), (list(target.classes), confusion))
