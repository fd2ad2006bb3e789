"""From a table to a served champion."""

from typing import Any, Dict, List, NamedTuple

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
    data_report: HTML
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
    serving: Dict[str, Any],
    rollout: Dict[str, Any],
    state: str,
    run: str,
    reason: str,
):
    """Registers and deploys a model that was promoted.

    It is a pipeline of its own so that the condition is on an input: KFP's local runner takes a condition on a named
    output of a component for false.
    """
    with dsl.If(promoted == True, name="promoted"):  # noqa: E712
        registered = register(
            bundle=bundle,
            name=name,
            registry=registry,
            champion=champion,
            run=run,
            job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
        )
        deployed = deploy(
            bundle=bundle,
            name=name,
            registry=registry,
            to=to,
            context=context,
            serving=serving,
            rollout=rollout,
            state=state,
            run=run,
            job=dsl.PIPELINE_JOB_ID_PLACEHOLDER,
            reason=reason,
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
    entity: str = "",
    weight: str = "",
    identifiers: List[str] = [],
    sensitive: List[str] = [],
    sensitive_features: List[str] = [],
    consent: str = "",
    types: Dict[str, str] = {},
    origin: Dict[str, Any] = {},
    quality: Dict[str, Any] = {},
    evolution: Dict[str, str] = {},
    validation: float = 0.2,
    test: float = 0.2,
    features: Dict[str, Any] = {},
    candidates: List[str] = ["logistic", "forest", "xgboost"],
    metric: str = "auto",
    threshold: str = "auto",
    costs: Dict[str, Any] = {},
    search: Dict[str, Any] = {},
    gates: Dict[str, float] = {},
    fairness: Dict[str, float] = {},
    purpose: str = "",
    owner: str = "",
    drift_limits: dict = {},
    registry: str = "",
    to: str = "auto",
    context: str = "",
    serving: Dict[str, Any] = {},
    rollout: Dict[str, Any] = {},
    seed: int = 0,
    fingerprint: str = "",
    state: str = "",
    run: str = "",
    reason: str = "",
) -> Outputs:
    """Takes a table to a tested prediction service, if the new model earns it.

    Args:
        data: The table: a file, a glob or a folder of CSV or Parquet, at a URI that the pods can read.
        target: The column to predict.
        name: Name of the model: the Deployment, the Service and the registry entry. A DNS label.
        task: auto, binary, multiclass or regression.
        positive: The class of a binary target whose probability is answered; empty for the last in sorting order.
        event_time: The column that says when a row happened; rows are then split by time. Empty for none.
        entity: The column that says whom a row is about, when there are several rows of each; all rows of one fall into
            the same split unless they are split by time. Empty for none.
        weight: The column that says how much a row counts, zero or more. Empty for none.
        identifiers: Columns that name a row; never features.
        sensitive: Columns kept for fairness only; never features.
        sensitive_features: Sensitive columns that are features all the same.
        consent: A column of yes and no; rows with no never reach training. Empty for none.
        types: Kinds of columns (number, integer, boolean, category, date) where the one found is not the one wanted.
        origin: What a database or a Delta Lake table needs besides data: query, password_env, version.
        quality: Limits on the data: min_rows, max_null_share, max_dropped_share, max_duplicate_share,
            max_outlier_share, min_class_share, max_age, as_of, columns.
        evolution: What happens to columns that are not what they were for the champion, allow or stop: added, missing,
            renamed, retyped, levels.
        validation: Share of rows that candidates are compared on.
        test: Share of rows that the winner and the champion are judged on.
        features: What columns become where that is not what is chosen from the data: columns, derived, windows, age,
            folds, smoothing, select, keep, version.
        candidates: Names of the candidates: logistic, forest, histogram, xgboost, lightgbm (an extra).
        metric: What decides: auto, roc_auc, pr_auc, log_loss, brier, accuracy, balanced_accuracy, f1, rmse, mae or r2.
        threshold: Probability from which a binary prediction is the positive class: a number, f1 or balanced_accuracy
            to have it chosen for them, or auto: for the least costs where there are any, else 0.5.
        costs: What a decision costs, by actual and then by predicted class.
        search: How settings are searched: sampler, pruner, trials, seconds, folds, imbalance, calibration, memory_mb,
            storage.
        gates: Limits on the challenger: min_gain, confidence, resamples, min_test_rows, min_score,
            max_calibration_error, max_single_column, max_bundle_mb, max_latency_ms.
        fairness: Limits on the groups of sensitive columns: min_group_rows, max_parity_difference, max_odds_difference,
            min_impact_ratio, max_error_difference, max_mean_difference.
        purpose: What the model is for; on the model card.
        owner: Who answers for the model; on the model card.
        drift_limits: The spec's drift section: warn, alarm, columns, importance, window.
        registry: Folder at any fsspec URI where versions and the champion are kept; empty: the run stands alone.
        to: kubernetes, local, or auto: the cluster that the run itself is in, else a server on this machine.
        context: The kubeconfig context to apply to; empty inside a cluster.
        serving: host, port, namespace, image, replicas, cpu, memory, timeout_s, autoscaling, exposure.
        rollout: strategy, steps, step_s, hold_s, grace_s, keep, analysis, where others fit.
        seed: Seed of the split, the candidates and the bootstrap.
        fingerprint: Hash of the data's content; when it is given, changed data stops the run; slipway run fills it in.
        state: File that remembers the server on this machine; only for a run on a laptop.
        run: Name of the run, for the record; empty for KFP's id of it.
        reason: Why it is deployed, for the record.

    Returns:
        promoted: Whether the new model is to be the champion.
        bundle: The new model.
        verdict: The decision with every number it rests on (JSON).
        card: The model card.
        report: Everything on one page.
        data_report: Each check of the data, with its limit and what was found.
        drift_report: The new data against the champion's training data.
    """
    checked = validate(
        data=data,
        target=target,
        task=task,
        positive=positive,
        event_time=event_time,
        entity=entity,
        weight=weight,
        identifiers=identifiers,
        sensitive=sensitive,
        sensitive_features=sensitive_features,
        consent=consent,
        types=types,
        origin=origin,
        quality=quality,
        evolution=evolution,
        name=name,
        registry=registry,
        fingerprint=fingerprint,
    )
    table, contract = checked.outputs["table"], checked.outputs["contract"]
    drifted = drift(table=table, contract=contract, name=name, registry=registry, limits=drift_limits)
    prepared = featurize(
        table=table, contract=contract, validation=validation, test=test, seed=seed, feature_options=features
    )
    trained = train(
        rows=prepared.outputs["rows"],
        features=prepared.outputs["features"],
        contract=contract,
        candidates=candidates,
        metric=metric,
        threshold=threshold,
        costs=costs,
        search=search,
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
        costs=costs,
        gates=gates,
        fairness=fairness,
        purpose=purpose,
        owner=owner,
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
        rollout=rollout,
        state=state,
        run=run,
        reason=reason,
    ).after(drifted)
    for reaches_outside in (checked, drifted, judged, launched):
        reaches_outside.set_caching_options(False)
    return Outputs(
        promoted=judged.outputs["promoted"],
        bundle=judged.outputs["bundle"],
        verdict=judged.outputs["verdict"],
        card=judged.outputs["card"],
        report=judged.outputs["report"],
        data_report=checked.outputs["findings"],
        drift_report=drifted.outputs["report"],
    )
