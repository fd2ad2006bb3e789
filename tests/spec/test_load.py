from pathlib import Path
from typing import get_args

import pytest

from slipway.data.schema import Task
from slipway.errors import SpecError
from slipway.evaluation import metrics
from slipway.spec import Gates, Serving, Spec, load, parse
from slipway.spec.model import Metric

LEAST = {"name": "churn", "data": "churn.csv", "target": "churn"}


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "slipway.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_three_fields_are_enough() -> None:
    spec = parse(LEAST, Spec)

    assert spec.task == "auto"
    assert spec.candidates == ["logistic", "forest", "xgboost"]


def test_data_is_taken_from_the_folder_of_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")

    spec = load(written(tmp_path, "name: a\ndata: churn.csv\ntarget: b\n"))

    assert spec.data == str(tmp_path / "churn.csv")
    assert spec.registry == "/.slipway/registry"


def test_a_uri_is_left_alone(tmp_path: Path) -> None:
    spec = load(written(tmp_path, "name: a\ndata: s3://bucket/x\ntarget: b\nregistry: gs://models\n"))

    assert (spec.data, spec.registry) == ("s3://bucket/x", "gs://models")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"candidats": ["xgboost"]}, "field 'candidats' is unknown; did you mean 'candidates'?"),
        ({"gates": {"min_gian": 1}}, "field 'gates.min_gian' is unknown; did you mean 'min_gain'?"),
        ({"qqq": 1}, "field 'qqq' is unknown; allowed are: name, data, target"),
        ({"serving": {"port": "http"}}, "field 'serving.port' is 'http': it should be a valid integer"),
        ({"serving": {"port": 99999}}, "field 'serving.port' is 99999: it should be less than or equal to 65535"),
        ({"task": "clustering"}, "field 'task' is 'clustering': it should be 'auto', 'binary'"),
        ({"types": {"age": "int"}}, "field 'types.age' is 'int': it should be 'number', 'integer'"),
        ({"name": "My Model"}, "field 'name' is 'My Model'"),
        ({"name": "a" * 41}, "field 'name' is"),
        ({"split": {"test": 0.9}}, "validation and test must both be above 0"),
        ({"candidates": []}, "field 'candidates' is []"),
        ({"gates": 3}, "field 'gates' is 3"),
        (
            {"threshold": 1.5},
            "field 'threshold' is 1.5: it should be 'auto', 'f1' or 'balanced_accuracy', or",
        ),
        ({"quality": {"columns": {"x": {"mni": 1}}}}, "'quality.columns.x.mni' is unknown; did you mean 'min'?"),
        ({"quality": {"columns": {"min": {"min": "x"}}}}, "field 'quality.columns.min.min' is 'x'"),
        ({"features": {"windows": [{"column": "x", "rows": 0}]}}, "field 'features.windows.0.rows' is 0"),
        ({"costs": {"yes": {"no": "much"}}}, "field 'costs.yes.no' is 'much'"),
    ],
)
def test_a_field_that_is_not_allowed_is_named_with_its_value(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(LEAST | change, Spec)

    assert sentence in str(caught.value)


def test_every_wrong_field_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse({"min_gain": -1, "confidence": 2}, Gates)

    assert "min_gain" in str(caught.value)
    assert "confidence" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("name: [", "is not valid YAML"),
        ("- a\n- b\n", "holds list, not fields"),
        ("", "holds NoneType, not fields"),
        ("name: a\ndata: b\n", "field 'target' is missing"),
    ],
)
def test_a_file_that_is_no_spec(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        load(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="write one with 'slipway init"):
        load(tmp_path / "slipway.yaml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "slipway.yaml"
    path.write_bytes(b"\xff\xfe\x00name")

    with pytest.raises(SpecError, match="can't be read"):
        load(path)


def test_the_json_schema_explains_every_field() -> None:
    schema = Spec.model_json_schema()

    without = [
        name for name, field in schema["properties"].items() if "description" not in field and "$ref" not in field
    ]
    assert without == []


def test_every_metric_that_a_verdict_can_rest_on_may_be_asked_for() -> None:
    decisive = {item.name for task in get_args(Task) for item in metrics.for_task(task) if item.decides}
    assert {"auto", *decisive} == set(get_args(Metric))


@pytest.mark.parametrize("namespace", ["x; rm -rf ~", "Models", "-a", "a" * 64])
def test_a_namespace_is_a_dns_label(namespace: str) -> None:
    with pytest.raises(SpecError, match="namespace"):
        parse({"namespace": namespace}, Serving)


@pytest.mark.parametrize(
    ("more", "name", "line"), [("target: z\n", "target", 4), ("gates:\n  min_gain: 1\n  min_gain: 2\n", "min_gain", 6)]
)
def test_a_field_that_is_there_twice_is_told(tmp_path: Path, more: str, name: str, line: int) -> None:
    (tmp_path / "slipway.yaml").write_text(f"name: m\ndata: x.csv\ntarget: y\n{more}")
    with pytest.raises(SpecError, match=f"field '{name}' is there twice, the second time in line {line}"):
        load(tmp_path / "slipway.yaml")


def test_the_nearest_name_is_found_whatever_its_case() -> None:
    with pytest.raises(SpecError, match="field 'TARGETT' is unknown; did you mean 'target'"):
        parse({"name": "m", "data": "x", "target": "y", "TARGETT": "z"}, Spec)
