"""The step ``evaluate``."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import write as bundles
from slipway.data import storage
from slipway.data import table as tables
from slipway.data.schema import Schema
from slipway.data.split import NAMES, TRAIN
from slipway.evaluation import baseline, decision
from slipway.evaluation.content import ReportData
from slipway.evaluation.measure import measures
from slipway.evaluation.report import report as report_of
from slipway.evaluation.standing import Contender
from slipway.features.plan import Plan
from slipway.registry.folder import Version
from slipway.spec import Spec
from slipway.steps import challenger as challengers
from slipway.steps import champion as champions
from slipway.steps import dashboard, testrows
from slipway.steps.challenger import Challenger
from slipway.steps.contents import contents
from slipway.steps.contract import TableContract
from slipway.steps.dashboard import Curves
from slipway.steps.events import step
from slipway.steps.judging import findings, judged
from slipway.training import store
from slipway.training.matrix import TARGET
from slipway.training.trained import Trained

logger = logging.getLogger(__name__)


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

    The validation and the test rows are held in memory, one after the other, with their features and with what every
    candidate answers for them: about 100 bytes for each raw value, so ten million values need 1 GB.

    Args:
        fields: Fields of the spec: name, purpose, owner, registry, metric, costs, gates, fairness.
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
    known = {"candidates": candidates, "split": {"seed": seed}, **store.decided(Path(models))}
    spec = agreed.spec({**fields, **known})
    fitted = Plan.from_json(Path(plan).read_text(encoding="utf-8"))
    agreed = replace(agreed, schema=fitted.schema(agreed.schema), notes=(*agreed.notes, *fitted.notes))
    goal = tables.read(Path(features) / NAMES[TRAIN], [TARGET])[TARGET].to_numpy()
    challenger = challengers.build(trained[0].model, fitted, agreed.schema, Path(rows), Path(features), goal)
    logger.info(
        "graph and native model agree on every held-out row (largest difference %.1e)", challenger.measured.parity
    )
    version = champions.find(spec.name, fields.get("registry", ""))
    challenger, champion = _against(version, challenger, agreed.schema, spec)
    data = _judge(agreed, spec, fitted, challenger, trained, champion, goal, Path(rows))
    filled = contents(data, challenger, trained[0], fitted, spec, Path(rows))
    digest = bundles.write(Path(bundle), filled).digest
    storage.write_text(report, report_of(data))
    storage.write_text(card, filled.card)
    storage.write_text(verdict, data.verdict.to_json())
    logger.info("%s: %s", data.verdict.outcome, data.verdict.reason)
    for remark in data.verdict.remarks:
        logger.warning("%s", remark)
    number = version.number if version else 0
    return Result(data.verdict.promoted, number, digest, dashboard.metrics(data), dashboard.curves(data))


def _against(
    version: Version | None, challenger: Challenger, schema: Schema, spec: Spec
) -> tuple[Challenger, Contender | None]:
    """Challenger and champion on the test rows that neither was trained on."""
    if version is None:
        return challenger, None
    unseen = champions.unseen(version, spec.registry, challenger.test.frame, schema)
    if not unseen.all():
        seen, kept = int((~unseen).sum()), int(unseen.sum())
        logger.info(
            "%d test rows trained the champion, for they were split otherwise then; the other %d judge", seen, kept
        )
        challenger = challenger.restricted(unseen)
    return challenger, champions.contender(version, spec.registry, challenger.test.frame, schema, spec.costs)


def _judge(
    agreed: TableContract,
    spec: Spec,
    plan: Plan,
    challenger: Challenger,
    trained: tuple[Trained, ...],
    champion: Contender | None,
    goal: NDArray[Any],
    rows: Path,
) -> ReportData:
    schema = agreed.schema
    sample = testrows.sample(challenger.test.frame, challenger.test.matrix.y, schema)
    contenders = _contenders(trained, challenger, schema, spec)
    usual = baseline.outputs(goal, schema.target, len(sample))
    found = findings(challenger, sample, contenders, champion, usual, schema, spec)
    first = contenders[0]
    return ReportData(
        name=spec.name,
        data=agreed.data,
        fingerprint=agreed.fingerprint,
        created=datetime.now(UTC),
        schema=schema,
        counts={name: tables.rows(rows / name) for name in NAMES},
        verdict=judged(challenger, sample, contenders, champion, usual, found, schema, spec),
        measures=measures(sample, first.outputs, schema.target, spec, first.threshold),
        y=sample.y,
        outputs=first.outputs,
        threshold=first.threshold,
        dropped=agreed.dropped,
        notes=agreed.notes,
        lineage=plan.sources,
        derived={step.name: step.expression for step in plan.derived},
        purpose=spec.purpose,
        owner=spec.owner,
        periods=testrows.periods(rows, schema),
        findings=found,
        setting=trained[0].setting,
        costs=spec.costs,
    )


def _contenders(trained: tuple[Trained, ...], challenger: Challenger, schema: Schema, spec: Spec) -> list[Contender]:
    def contender(item: Trained, outputs: NDArray[Any]) -> Contender:
        regression = schema.target.task == "regression"
        rule = item.threshold if regression else decision.rule(item.threshold, spec.costs, schema.target)
        return Contender(item.name, outputs, item.score, item.seconds, rule, item.luck)

    x = challenger.test.matrix.x
    others = [contender(item, np.asarray(item.model.predict(x))) for item in trained[1:]]
    return [contender(trained[0], challenger.outputs), *others]
