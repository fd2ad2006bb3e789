"""From a table to a served champion."""

from typing import Dict, List, NamedTuple

from kfp import dsl
from kfp.dsl import HTML, Artifact, Input, Markdown, Model
from slipway.components import deploy, drift, evaluate, featurize, register, train, validate


class Outputs(NamedTuple):
    """What a run leaves behind."""

    promoted: bool
    bundle: Model
    verdict: Artifact
    card: Markdown
    report: HTML
    drift_report: HTML


@dsl.pipeline(name="launch")
def launch(
    promoted: bool,
    bundle: Input[Model],
    champion: int,
    name: str,
    registry: str,
    to: str,
    context: str,
    serving: Dict[str, str],
    state: str,
    run: str,
):
    """Registers and deploys a model that was promoted.

    It is a pipeline of its own so that the condition is on an input: KFP's local runner takes a condition on a named
    output of a component for false.
    """
    with dsl.If(promoted == True, name="promoted"):  # noqa: E712
        registered = register(bundle=bundle, name=name, registry=registry, champion=champion, run=run)
        deployed = deploy(
            bundle=bundle, name=name, registry=registry, to=to, context=context, serving=serving, state=state, run=run
        ).after(registered)
    for reaches_outside in (registered, deployed):
        reaches_outside.set_caching_options(False)


@dsl.pipeline(
    name="train-and-deploy", description="Takes a table to a tested prediction service, if the new model earns it."
)
def train_and_deploy(
    data: str,
    target: str,
    name: str = "model",
    task: str = "auto",
    positive: str = "",
    event_time: str = "",
    identifiers: List[str] = [],
    sensitive: List[str] = [],
    consent: str = "",
    types: Dict[str, str] = {},
    quality: Dict[str, float] = {},
    validation: float = 0.2,
    test: float = 0.2,
    candidates: List[str] = ["logistic", "forest", "xgboost"],
    metric: str = "auto",
    threshold: float = 0.5,
    gates: Dict[str, float] = {},
    drift_limits: dict = {},
    registry: str = "",
    to: str = "auto",
    context: str = "",
    serving: Dict[str, str] = {},
    seed: int = 0,
    fingerprint: str = "",
    state: str = "",
    run: str = "",
) -> Outputs:
    """Takes a table to a tested prediction service, if the new model earns it.

    Args:
        data: The table: a file, a glob or a folder of CSV or Parquet, at a URI that the pods can read.
        target: The column to predict.
        name: Name of the model: the Deployment, the Service and the registry entry. A DNS label.
        task: auto, binary, multiclass or regression.
        positive: The class of a binary target whose probability is answered; empty for the last in sorting order.
        event_time: The column that says when a row happened; rows are then split by time. Empty for none.
        identifiers: Columns that name a row; never features.
        sensitive: Columns kept for fairness only; never features.
        consent: A column of yes and no; rows with no never reach training. Empty for none.
        types: Kinds of columns (number, integer, boolean, category, date) where the one found is not the one wanted.
        quality: Limits on the data: min_rows, max_null_share, max_dropped_share.
        validation: Share of rows that candidates are compared on.
        test: Share of rows that the winner and the champion are judged on.
        candidates: Names of the candidates: logistic, forest, xgboost.
        metric: What decides: auto, roc_auc, pr_auc, log_loss, brier, accuracy, balanced_accuracy, f1, rmse, mae or r2.
        threshold: Probability from which a binary prediction is the positive class.
        gates: Limits on the challenger: min_gain, confidence, resamples, min_score, max_calibration_error,
            max_bundle_mb, max_latency_ms.
        drift_limits: The spec's drift section: warn, alarm, columns, importance, window.
        registry: Folder at any fsspec URI where versions and the champion are kept; empty: the run stands alone.
        to: kubernetes, local, or auto: the cluster that the run itself is in, else a server on this machine.
        context: The kubeconfig context to apply to; empty inside a cluster.
        serving: host, port, namespace, image, replicas, cpu, memory, timeout_s where the defaults do not fit.
        seed: Seed of the split, the candidates and the bootstrap.
        fingerprint: Hash of the data's content; when it is given, changed data stops the run. Slipway fills it in.
        state: File that remembers the server on this machine; only for a run on a laptop.
        run: Name of the run, for the record; slipway fills it in.

    Returns:
        promoted: Whether the new model is to be the champion.
        bundle: The new model.
        verdict: The decision with every number it rests on (JSON).
        card: The model card.
        report: Everything on one page.
        drift_report: The new data against the champion's training data.
    """
    checked = validate(
        data=data,
        target=target,
        task=task,
        positive=positive,
        event_time=event_time,
        identifiers=identifiers,
        sensitive=sensitive,
        consent=consent,
        types=types,
        quality=quality,
        fingerprint=fingerprint,
    )
    table, contract = checked.outputs["table"], checked.outputs["contract"]
    drifted = drift(table=table, contract=contract, name=name, registry=registry, limits=drift_limits)
    prepared = featurize(table=table, contract=contract, validation=validation, test=test, seed=seed)
    trained = train(
        features=prepared.outputs["features"],
        contract=contract,
        candidates=candidates,
        metric=metric,
        threshold=threshold,
        seed=seed,
    )
    judged = evaluate(
        rows=prepared.outputs["rows"],
        features=prepared.outputs["features"],
        plan=prepared.outputs["plan"],
        models=trained.outputs["models"],
        contract=contract,
        name=name,
        registry=registry,
        metric=metric,
        threshold=threshold,
        gates=gates,
        seed=seed,
    )
    launched = launch(
        promoted=judged.outputs["promoted"],
        bundle=judged.outputs["bundle"],
        champion=judged.outputs["champion"],
        name=name,
        registry=registry,
        to=to,
        context=context,
        serving=serving,
        state=state,
        run=run,
    ).after(drifted)
    for reaches_outside in (checked, drifted, judged, launched):
        reaches_outside.set_caching_options(False)
    return Outputs(
        promoted=judged.outputs["promoted"],
        bundle=judged.outputs["bundle"],
        verdict=judged.outputs["verdict"],
        card=judged.outputs["card"],
        report=judged.outputs["report"],
        drift_report=drifted.outputs["report"],
    )
