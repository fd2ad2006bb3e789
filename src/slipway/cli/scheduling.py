"""``slipway schedule``: recurring runs on a KFP elsewhere."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from slipway.cli.options import DEFAULT_SPEC, WIDTH, AsJson, SpecArgument, SpecFile, chosen
from slipway.cli.place import Place, at_kfp
from slipway.cli.submitting import (
    Experiment,
    Image,
    PackageFile,
    Param,
    PipelineRoot,
    ServiceAccount,
    compiled,
)
from slipway.errors import SpecError

if TYPE_CHECKING:
    from slipway.orchestration.remote.recurring import Recurring
    from slipway.spec import Spec

app = typer.Typer(
    help="Runs that KFP starts by itself: bring them there, look at them, remove them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Option("--name", help="Name of the recurring run.", show_default="the spec's")]


@app.command("apply")
@at_kfp
def apply_schedule(
    place: Place,
    file: SpecArgument = None,
    spec: SpecFile = DEFAULT_SPEC,
    name: Name = "",
    cron: Annotated[str, typer.Option("--cron", help="When, as in a crontab.", show_default="the spec's")] = "",
    every: Annotated[str, typer.Option("--every", help="How often: 30m, 6h, 1d.", show_default="the spec's")] = "",
    image: Image = None,
    package: PackageFile = None,
    experiment: Experiment = "",
    param: Param = None,
    service_account: ServiceAccount = "",
    pipeline_root: PipelineRoot = "",
    as_json: AsJson = False,
) -> None:
    """Make KFP run the pipeline as the spec's schedule says; a second time changes nothing."""
    from slipway.orchestration.remote import recurring
    from slipway.orchestration.remote.request import Surroundings, order, request
    from slipway.spec import load

    checked = _scheduled(load(chosen(file, spec)), name, cron, every)
    schedule, title = checked.schedule, checked.schedule.name or checked.name
    wanted = request(checked, compiled(checked, image, package), param or ())
    around = Surroundings(experiment or checked.name, place.namespace, service_account, pipeline_root)
    if wanted.ignored:
        typer.echo(f"the pipeline has no parameter for {', '.join(wanted.ignored)}: that is not passed", err=True)
    with place.connected() as api:
        placed, _ = order(api, wanted, around)
        found, change = recurring.apply(api, checked.name, title, schedule, placed, place.namespace)
    when = schedule.cron or f"every {schedule.every}"
    if as_json:
        said = {
            "name": title,
            "recurring_run_id": found,
            "change": change,
            "when": when,
            "version": placed.version.name,
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        resting = "" if schedule.enabled else ", and rests"
        typer.echo(f"{title}: {change}; it runs {placed.version.name} {when}{resting}")


@app.command("list")
@at_kfp
def list_schedules(place: Place, as_json: AsJson = False) -> None:
    """List every recurring run of the namespace, those that slipway did not make included."""
    from slipway.orchestration.remote import recurring

    with place.connected() as api:
        found = recurring.listed(api, place.namespace)
    if as_json:
        typer.echo(json.dumps([asdict(item) for item in found], ensure_ascii=False))
    elif found:
        _show(found)
    else:
        typer.echo("there is no recurring run; make one with: slipway schedule apply")


@app.command("remove")
@at_kfp
def remove_schedule(
    place: Place,
    file: SpecArgument = None,
    spec: SpecFile = DEFAULT_SPEC,
    name: Name = "",
    as_json: AsJson = False,
) -> None:
    """Remove the spec's recurring run; runs that it started go on."""
    from slipway.orchestration.remote import recurring
    from slipway.spec import load

    checked = load(chosen(file, spec))
    title = name or checked.schedule.name or checked.name
    with place.connected() as api:
        removed = recurring.remove(api, checked.name, title, place.namespace)
    if as_json:
        typer.echo(json.dumps({"name": title, "removed": removed}, ensure_ascii=False))
    else:
        typer.echo(f"{title}: removed" if removed else f"{title}: there is no such recurring run")


def _scheduled(spec: "Spec", name: str, cron: str, every: str) -> "Spec":
    """The spec with what flags say of its schedule; one way to say when takes the place of the other."""
    from slipway.spec.load import parse
    from slipway.spec.schedule import Schedule

    flags = {"name": name, "cron": cron, "every": every}
    given = {key: value for key, value in flags.items() if value}
    before = spec.schedule.model_dump(exclude={"cron", "every"} if cron or every else None)
    schedule = parse({**before, **given}, Schedule, where="the schedule")
    if not (schedule.cron or schedule.every):
        message = "nothing says when to run: set schedule.cron or schedule.every in the spec, or give --cron or --every"
        raise SpecError(message)
    return spec.model_copy(update={"schedule": schedule})


def _show(found: "list[Recurring]") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("name", "when", "state", "at once", "catches up", "made by"):
        table.add_column(title)
    for item in found:
        maker = f"slipway, for {item.model}" if item.model else "somebody else"
        state, behind = "enabled" if item.enabled else "disabled", "yes" if item.catch_up else "no"
        table.add_row(item.name, item.when, state, str(item.concurrency), behind, maker)
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    console.print(table)
