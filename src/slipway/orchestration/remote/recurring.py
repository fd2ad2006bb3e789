"""Recurring runs in KFP that follow the spec."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kfp_server_api import V2beta1CronSchedule, V2beta1PeriodicSchedule, V2beta1RecurringRun, V2beta1Trigger

from slipway.errors import PipelineError
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.refusal import RefusalError
from slipway.orchestration.remote.run import Order
from slipway.spec.schedule import Schedule

_MARK = re.compile(r"\[slipway model=(?P<model>\S+) content=(?P<content>[0-9a-f]{64})\]")

Change = Literal["created", "unchanged", "replaced", "enabled", "disabled"]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring run as KFP has it.

    Attributes:
        name: Its name.
        when: Its cron expression or interval.
        enabled: Whether it starts runs.
        model: The model of the spec that it was applied from; empty when slipway did not make it.
        content: Digest of everything that the spec decides; empty when slipway did not make it.
        concurrency: How many of its runs may go on at once.
        catch_up: Whether runs that were missed are made up for.
        version_id: KFP's id of the pipeline's version.
        experiment_id: KFP's id of the experiment.
        recurring_id: KFP's id of it.
    """

    name: str
    when: str
    enabled: bool
    model: str
    content: str
    concurrency: int
    catch_up: bool
    version_id: str
    experiment_id: str
    recurring_id: str


def listed(api: Api, namespace: str) -> list[Recurring]:
    """Every recurring run, in the order of their names.

    Args:
        api: KFP.
        namespace: The user's namespace; empty for none.
    """
    call = api.recurring.recurring_run_service_list_recurring_runs
    found = api.every("list the recurring runs", call, "recurring_runs", namespace=namespace)
    return sorted(map(_recurring, found), key=lambda item: (item.name, item.recurring_id))


def apply(api: Api, model: str, name: str, schedule: Schedule, order: Order, namespace: str) -> tuple[str, Change]:
    """Makes sure that exactly one recurring run of a name is there, and that it is as the spec says.

    KFP can't change a recurring run, so another one takes its place: the new one is there before the old one goes, and
    when that is interrupted, the next time removes what is left over.

    Args:
        api: KFP.
        model: Name of the model.
        name: Name of the recurring run.
        schedule: When it is to run.
        order: What it is to run.
        namespace: The user's namespace; empty for none.

    Returns:
        KFP's id of it, and what was done.

    Raises:
        PipelineError: There is one of that name that slipway did not make, or made for another model.
        RefusalError: KFP refuses, or is away.
    """
    before = _ours(listed(api, namespace), model, name)
    body = _body(name, schedule, order)
    content = _content(body, order)
    body.description = f"made by 'slipway schedule apply'; [slipway model={model} content={content}]"
    doing = f"schedule {name!r}"

    def same() -> Any:
        alike = (item for item in _ours(listed(api, namespace), model, name) if item.content == content)
        return next(alike, None)

    def create() -> Recurring:
        return _recurring(api.recurring.recurring_run_service_create_recurring_run(body))

    current, created = api.once(doing, same, create)
    others = [item for item in before if item.recurring_id != current.recurring_id]
    for item in others:
        _delete(api, item)
    if created:
        return current.recurring_id, "replaced" if others else "created"
    return current.recurring_id, _switch(api, current, enabled=schedule.enabled)


def remove(api: Api, model: str, name: str, namespace: str) -> bool:
    """Removes a recurring run; runs that it started stay.

    Args:
        api: KFP.
        model: Name of the model.
        name: Name of the recurring run.
        namespace: The user's namespace; empty for none.

    Returns:
        Whether there was one.

    Raises:
        PipelineError: There is one of that name that slipway did not make, or made for another model.
    """
    found = _ours(listed(api, namespace), model, name)
    for item in found:
        _delete(api, item)
    return bool(found)


def _ours(found: Sequence[Recurring], model: str, name: str) -> list[Recurring]:
    named = [item for item in found if item.name == name]
    for item in named:
        if item.model != model:
            made = f"was made for model {item.model!r}" if item.model else "was not made by slipway"
            message = (
                f"recurring run {name!r} exists and {made}, so it is left alone; "
                "give this one another name in schedule.name"
            )
            raise PipelineError(message)
    return named


def _body(name: str, schedule: Schedule, order: Order) -> V2beta1RecurringRun:
    between = {"start_time": schedule.start, "end_time": schedule.end}
    if schedule.cron:
        trigger = V2beta1Trigger(cron_schedule=V2beta1CronSchedule(cron=schedule.six_fields, **between))
    else:
        seconds = str(schedule.seconds)
        trigger = V2beta1Trigger(periodic_schedule=V2beta1PeriodicSchedule(interval_second=seconds, **between))
    return V2beta1RecurringRun(
        display_name=name,
        experiment_id=order.experiment_id,
        pipeline_version_reference=order.version.reference,
        runtime_config=order.configuration,
        service_account=order.service_account or None,
        trigger=trigger,
        mode="ENABLE" if schedule.enabled else "DISABLE",
        max_concurrency=str(schedule.concurrency),
        no_catchup=not schedule.catch_up,
    )


def _content(body: V2beta1RecurringRun, order: Order) -> str:
    """Digest of all but whether it is enabled, which can be changed in place; the version is meant by its name."""
    plain = {**body.to_dict(), "mode": None, "pipeline_version_reference": order.version.name}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()


def _switch(api: Api, item: Recurring, *, enabled: bool) -> Change:
    if item.enabled == enabled:
        return "unchanged"
    if enabled:
        api.ask(f"enable {item.name!r}", api.recurring.recurring_run_service_enable_recurring_run, item.recurring_id)
        return "enabled"
    api.ask(f"disable {item.name!r}", api.recurring.recurring_run_service_disable_recurring_run, item.recurring_id)
    return "disabled"


def _delete(api: Api, item: Recurring) -> None:
    call = api.recurring.recurring_run_service_delete_recurring_run
    try:
        api.ask(f"remove recurring run {item.name!r}", call, item.recurring_id)
    except RefusalError as error:
        if error.status != 404:  # somebody was faster, or our first attempt did it and its answer was lost
            raise


def _recurring(item: V2beta1RecurringRun) -> Recurring:
    trigger = item.trigger or V2beta1Trigger()
    cron, periodic = trigger.cron_schedule, trigger.periodic_schedule
    marked = _MARK.search(item.description or "")
    reference = item.pipeline_version_reference
    return Recurring(
        name=item.display_name or "",
        when=cron.cron if cron and cron.cron else f"every {periodic.interval_second} s" if periodic else "",
        enabled=(item.status or item.mode or "").startswith("ENABLE"),
        model=marked["model"] if marked else "",
        content=marked["content"] if marked else "",
        concurrency=int(item.max_concurrency or 0),
        catch_up=not item.no_catchup,
        version_id=(reference.pipeline_version_id or "") if reference else "",
        experiment_id=item.experiment_id or "",
        recurring_id=item.recurring_run_id or "",
    )
