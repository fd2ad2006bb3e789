from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import PipelineError
from slipway.orchestration.remote.package import Package


@pytest.fixture(scope="module")
def compiled(package: Path) -> Package:
    return Package.read(package)


def test_a_package_knows_its_steps_in_the_order_in_which_they_can_run(compiled: Package) -> None:
    assert compiled.name == "train-and-deploy"
    assert set(compiled.steps) == {"validate", "drift", "featurize", "train", "evaluate", "register", "deploy"}
    assert compiled.steps[0] == "validate"
    assert [step for step in compiled.steps if step != "drift"] == [
        "validate", "featurize", "train", "evaluate", "register", "deploy"
    ]  # fmt: skip
    assert compiled.required == {"data", "target"}


def test_its_version_is_named_after_its_content(compiled: Package) -> None:
    again = Package.parse(compiled.text, "again")
    other = Package.parse(f"{compiled.text}# other\n", "other")
    assert again.version == compiled.version != other.version
    assert compiled.version == f"train-and-deploy-{compiled.digest[:12]}"


def test_what_is_missing_is_named(compiled: Package) -> None:
    with pytest.raises(PipelineError, match="needs 'target': give it with --param NAME=VALUE"):
        compiled.arguments({"data": "s3://b/d"})
    assert compiled.arguments({"data": "d", "target": "y", "other": 1}) == {"data": "d", "target": "y"}


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("name=7", "7"),
        ("seed=7", 7),
        ("test=0.3", 0.3),
        ("test=1", 1),
        ('sensitive=["a", "b"]', ["a", "b"]),
        ('rollout={"strategy": "canary"}', {"strategy": "canary"}),
        ("purpose=", ""),
        ("purpose=a=b", "a=b"),
    ],
)
def test_a_value_becomes_what_the_parameter_wants(compiled: Package, assignment: str, value: Any) -> None:
    assert compiled.argument(assignment) == (assignment.partition("=")[0], value)


@pytest.mark.parametrize("assignment", ["seed=1.5", "seed=true", "test=half", "sensitive=a", "rollout=[]", "seed="])
def test_a_value_of_another_type_is_refused(compiled: Package, assignment: str) -> None:
    with pytest.raises(PipelineError, match="it should be"):
        compiled.argument(assignment)


@given(st.text())
def test_any_text_can_be_a_text(text: str) -> None:
    found = Package("", "p", {"a": "STRING"}, frozenset(), ())
    assert found.argument(f"a={text}") == ("a", text)


@pytest.mark.parametrize(
    "text", ["", "a: b", "[]", "root: 1", "a: [", yaml.safe_dump({"root": {"dag": {}}, "pipelineInfo": {}})]
)
def test_another_file_is_no_package(text: str) -> None:
    with pytest.raises(PipelineError, match="'it' is not a compiled pipeline"):
        Package.parse(text, "it")
