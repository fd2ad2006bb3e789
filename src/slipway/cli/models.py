"""``slipway models``: what the registry holds."""

import json
from dataclasses import asdict

import typer

from slipway.cli.options import DEFAULT_SPEC, AsJson, SpecArgument, SpecFile, chosen


def models(file: SpecArgument = None, spec: SpecFile = DEFAULT_SPEC, as_json: AsJson = False) -> None:
    """List the versions of the model, and which one is the champion."""
    from slipway.registry.folder import Registry
    from slipway.spec import load

    checked = load(chosen(file, spec))
    registry = Registry(checked.registry)
    versions, champion = registry.versions(checked.name), registry.champion(checked.name)
    number = champion.number if champion else None
    if as_json:
        typer.echo(json.dumps({"champion": number, "versions": [asdict(version) for version in versions]}))
        return
    if not versions:
        typer.echo(f"{checked.name} has no version yet in {checked.registry}; slipway run makes the first")
    for version in versions:
        mark = "champion" if version.number == number else ""
        typer.echo(f"v{version.number:<4} {version.digest[:12]}  {version.created}  {mark}".rstrip())
