"""``slipway submit`` and ``slipway cancel``: runs on a KFP elsewhere."""

import json
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from slipway.cli.compiling import tell_local_image
from slipway.cli.options import DEFAULT_SPEC, WIDTH, AsJson, SpecArgument, SpecFile, chosen
from slipway.cli.place import Place, at_kfp
from slipway.cli.submission import Submission
from slipway.errors import PipelineError, SlipwayError

if TYPE_CHECKING:
    from slipway.orchestration.remote.api import Api
    from slipway.orchestration.remote.package import Package
    from slipway.orchestration.remote.request import Request, Surroundings
    from slipway.spec import Spec

Image = Annotated[
    str | None,
    typer.Option(
        "--image", metavar="NAME@sha256:…", help="Image of the components.", show_default="what 'make images' builds"
    ),
]
PackageFile = Annotated[
    Path | None, typer.Option("--package", metavar="FILE", help="A compiled pipeline, instead of compiling one.")
]
Experiment = Annotated[str, typer.Option("--experiment", help="Name of the experiment.", show_default="the model's")]
Param = Annotated[
    list[str] | None,
    typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the pipeline that the spec says otherwise."),
]
ServiceAccount = Annotated[
    str, typer.Option("--service-account", help="Service account of the pods.", show_default="KFP's")
]
PipelineRoot = Annotated[
    str, typer.Option("--pipeline-root", metavar="URI", help="Where artifacts are kept.", show_default="KFP's")
]

Timeout = Annotated[
    int | None, typer.Option("--timeout", min=1, help="Seconds to follow it; the run goes on.", show_default="no end")
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="KFP's id of the run, as 'slipway submit' printed it.")]


@at_kfp
def submit(
    place: Place,
    file: SpecArgument = None,
    spec: SpecFile = DEFAULT_SPEC,
    image: Image = None,
    package: PackageFile = None,
    experiment: Experiment = "",
    param: Param = None,
    service_account: ServiceAccount = "",
    pipeline_root: PipelineRoot = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record of what is deployed.")] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="End when the run has started.")] = False,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Upload the pipeline if its content is new, start a run, and follow it to its end.

    Exits with 0 when the run succeeded, 3 when a gate refused the model or the data, 4 when the run failed, 5 when it
    was cancelled, 6 when --timeout was over first, and 2 when something has to be mended first. A refusal is read from
    the step's log; where no log can be had, it is told as 0 or 4.
    """
    from slipway.orchestration.remote.request import Surroundings, request
    from slipway.spec import load

    checked = load(chosen(file, spec))
    name = f"{checked.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    wanted = request(checked, compiled(checked, image, package), param or (), run=name, reason=reason)
    around = Surroundings(experiment or checked.name, place.namespace, service_account, pipeline_root)
    console = _console(as_json=as_json)
    with place.connected() as api:
        submission = _start(api, place, wanted, around, name, console)
        if not no_wait:
            submission = _followed(api, place, submission, console, timeout)
    _finish(place, submission, console, as_json=as_json)


@at_kfp
def follow(
    place: Place,
    run: RunId,
    timeout: Timeout = None,
    as_json: AsJson = False,
) -> None:
    """Follow a run that was submitted before, to its end; exits as submit does."""
    console = _console(as_json=as_json)
    with place.connected() as api:
        submission = _followed(api, place, _found(api, place, run), console, timeout)
    _finish(place, submission, console, as_json=as_json)


@at_kfp
def cancel(
    place: Place,
    run: RunId,
    as_json: AsJson = False,
) -> None:
    """End a run on KFP; what it has deployed already stays."""
    from slipway.orchestration.remote import run as runs

    with place.connected() as api:
        runs.cancel(api, run)
    typer.echo(json.dumps({"run_id": run, "asked": "cancel"}) if as_json else f"asked KFP to end run {run}")


def compiled(spec: "Spec", image: str | None, package: Path | None) -> "Package":
    """The pipeline that is to run: compiled now, or read from a file; images that are not named are told.

    Raises:
        PipelineError: Both an image and a package are given, or either is not right.
    """
    found = _compiled(spec, image, package)
    if "serving" in found.parameters and not spec.serving.image:
        from slipway.steps.deploy import IMAGE

        tell_local_image("serving.image", "the model is served from", IMAGE)
    return found


def _compiled(spec: "Spec", image: str | None, package: Path | None) -> "Package":
    from slipway.orchestration.remote.package import Package

    if package and image:
        message = "--package has its images already: leave out --image, or compile it anew with that image"
        raise PipelineError(message)
    if package:
        return Package.read(package)
    from slipway.orchestration.compile import to_yaml
    from slipway.orchestration.images import COMPONENTS
    from slipway.pipelines import train_and_deploy

    if image is None:
        tell_local_image("--image", "the steps run in", COMPONENTS)

    return Package.parse(to_yaml(train_and_deploy, image, spec.execution), "the compiled pipeline")


def _start(
    api: "Api", place: Place, wanted: "Request", around: "Surroundings", name: str, console: Console
) -> Submission:
    from slipway.orchestration.remote import run as runs
    from slipway.orchestration.remote.request import order

    if wanted.ignored:
        said = f"the pipeline has no parameter for {', '.join(wanted.ignored)}: what the spec says there is not passed"
        console.print(said, style="yellow")
    placed, new = order(api, wanted, around)
    run_id = runs.start(api, placed, name)
    submission = Submission(
        name=name,
        run_id=run_id,
        page=place.page(run_id),
        version=placed.version.name,
        uploaded=placed.version.uploaded,
        experiment=around.experiment,
        pipeline_root=around.pipeline_root,
        package=wanted.package,
    )
    submission.introduce(console, new_experiment=new, forward=place.forward)
    return submission


def _found(api: "Api", place: Place, run_id: str) -> Submission:
    from slipway.orchestration.remote import run as runs
    from slipway.orchestration.remote.version import fetch

    run = runs.get(api, run_id)
    if run.pipeline_version_reference is None:
        message = f"run {run_id!r} was not started from a version of a pipeline; look at {place.page(run_id)}"
        raise PipelineError(message)
    version, package = fetch(api, run.pipeline_version_reference)
    return Submission(
        name=str(run.display_name),
        run_id=run_id,
        page=place.page(run_id),
        version=version,
        uploaded=False,
        experiment=runs.experiment_name(api, run.experiment_id),
        pipeline_root=(run.runtime_config.pipeline_root or "") if run.runtime_config else "",
        package=package,
    )


def _console(*, as_json: bool) -> Console:
    console = Console(file=sys.stderr if as_json else sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def _finish(place: Place, submission: Submission, console: Console, *, as_json: bool) -> None:
    """Prints how it ended, or that it was started, and exits as it ended."""
    if as_json:
        typer.echo(json.dumps(submission.to_dict(), ensure_ascii=False))
    submission.show(console, place.logs(submission.run_id))
    if submission.end and not submission.end.ended:
        console.print(_goes_on(place, submission), soft_wrap=True, markup=False)
    raise typer.Exit(submission.exit_code)


def _followed(api: "Api", place: Place, started: Submission, console: Console, timeout: int | None) -> Submission:
    """The submission at its end; whatever ends the following says that the run goes on."""
    try:
        return started.follow(api, console, timeout)
    except KeyboardInterrupt:
        sys.stderr.write(f"slipway: interrupted; {_goes_on(place, started)}\n")
        raise typer.Exit(130) from None
    except SlipwayError as error:
        message = f"{error}; {_goes_on(place, started)}"
        raise PipelineError(message) from None


def _goes_on(place: Place, started: Submission) -> str:
    again, end = (place.again(f"{verb} {started.run_id}") for verb in ("follow", "cancel"))
    return f"the run goes on: {started.page}\nfollow it with: {again}\nend it with: {end}"
