from typing import Any

import pytest
from google.protobuf import json_format
from kfp.compiler.pipeline_spec_builder import to_protobuf_value

from slipway import pipelines
from slipway.orchestration.arguments import train_and_deploy
from slipway.spec import Spec, parse


def test_every_argument_is_a_parameter_of_the_pipeline() -> None:
    arguments = train_and_deploy(parse({"name": "a", "data": "b", "target": "c"}, Spec), to="local", run="x")

    assert set(arguments) <= set(pipelines.train_and_deploy.component_spec.inputs)


def test_sections_carry_only_what_differs_from_the_defaults() -> None:
    raw = {"name": "a", "data": "b", "target": "c", "gates": {"min_gain": 0.1}, "serving": {"port": 9000}}

    arguments = train_and_deploy(parse(raw, Spec))

    assert arguments["gates"] == {"min_gain": 0.1}
    assert arguments["serving"] == {"port": 9000}
    assert arguments["quality"] == {}


@pytest.mark.parametrize(
    "sections",
    [
        {"gates": {"min_score": None, "resamples": 200}},
        {"gates": {"max_single_column": None, "max_latency_ms": None}, "serving": {"autoscaling": None}},
    ],
    ids=["numbers", "nulls"],
)
def test_what_arrives_is_the_spec_that_was_sent(sections: dict[str, Any]) -> None:
    raw = {"name": "a", "data": "b", "target": "c"}
    spec = parse({**raw, **sections}, Spec)

    arguments = train_and_deploy(spec)

    arrived = json_format.MessageToDict(to_protobuf_value({name: arguments[name] for name in sections}))
    assert parse({**raw, **arrived}, Spec) == spec
