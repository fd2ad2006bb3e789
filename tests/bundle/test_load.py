"""Nothing that was spoiled is loaded, and the sentence says what is wrong."""

import json
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import numpy_helper

from slipway.bundle.load import load, verify
from slipway.bundle.manifest import FORMAT, files_in
from slipway.errors import BundleError

FILES = (
    "model.onnx",
    "schema.json",
    "reference.json",
    "reference.predictions.json",
    "heldout.json",
    "golden.json",
    "card.md",
    "native/model.skops",
    "native/plan.json",
)

each_file = pytest.mark.parametrize("name", FILES)


def test_these_are_the_files_of_a_bundle(bundle: Path) -> None:
    assert set(files_in(bundle)) == set(FILES)


@each_file
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_byte_is_found(name: str, data: st.DataObject, bundle: Path) -> None:
    path = bundle / name
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    spoiled = bytearray(whole)
    spoiled[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(spoiled)

    with pytest.raises(BundleError, match=f"(was changed|holds a pickle, which is never loaded): {name}$"):
        load(bundle)

    path.write_bytes(whole)
    verify(bundle)


@each_file
def test_a_file_that_is_cut_short_is_found(name: str, bundle: Path) -> None:
    (bundle / name).write_bytes((bundle / name).read_bytes()[:-1])

    with pytest.raises(BundleError, match=f"was changed: {name}$"):
        load(bundle)


@each_file
def test_a_file_that_is_gone_is_found(name: str, bundle: Path) -> None:
    (bundle / name).unlink()

    with pytest.raises(BundleError, match=f"lacks {name}$"):
        load(bundle)


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("native/")])
def test_a_file_that_is_needed_is_missed_even_where_the_manifest_does_not_list_it(
    name: str, bundle: Path, seal: Callable[..., str]
) -> None:
    (bundle / name).unlink()
    seal(bundle)

    with pytest.raises(BundleError, match=f"lacks {name}$"):
        load(bundle)


@pytest.mark.parametrize("name", ["extra.txt", "native/extra.txt", ".hidden", "native/bundle.json", "deep/er/extra"])
def test_an_added_file_is_found(name: str, bundle: Path) -> None:
    (bundle / name).parent.mkdir(parents=True, exist_ok=True)
    (bundle / name).write_text("x")

    with pytest.raises(BundleError, match=f"has a file that its manifest does not list: {name}$"):
        load(bundle)


@pytest.mark.parametrize("name", ["native/model.pkl", "native/model.joblib", "native/model"])
def test_a_pickle_is_refused_even_where_the_manifest_lists_it(
    name: str, bundle: Path, seal: Callable[..., str]
) -> None:
    (bundle / name).write_bytes(pickle.dumps({"any": "thing"}))
    seal(bundle)

    with pytest.raises(BundleError, match=f"holds a pickle, which is never loaded: {name}$"):
        load(bundle)


@pytest.mark.parametrize("name", [*FILES, "bundle.json"])
@pytest.mark.parametrize("dangling", [False, True], ids=["to the same bytes", "dangling"])
def test_a_link_is_refused(name: str, dangling: bool, bundle: Path) -> None:
    outside = bundle.parent / "outside"
    (bundle / name).rename(outside)
    (bundle / name).symlink_to(bundle.parent / "nowhere" if dangling else outside)

    said = (
        "is no complete bundle"
        if dangling and name == "bundle.json"
        else f"holds a link, which is never followed: {name}$"
    )
    with pytest.raises(BundleError, match=said):
        load(bundle)


def test_a_link_to_a_folder_is_refused(bundle: Path) -> None:
    (bundle / "native").rename(bundle.parent / "native")
    (bundle / "native").symlink_to(bundle.parent / "native")

    with pytest.raises(BundleError, match="lacks native/model.skops, native/plan.json"):
        load(bundle)


@pytest.mark.parametrize("version", [0, FORMAT + 1, str(FORMAT), None])
def test_another_format_is_refused(version: object, bundle: Path, seal: Callable[..., str]) -> None:
    seal(bundle, format=version)

    with pytest.raises(
        BundleError, match=f"has format {version!r}; this release reads format {FORMAT}: train it again"
    ):
        load(bundle)


def test_the_digest_that_is_asked_for_is_held_against_the_bundle(bundle: Path) -> None:
    digest = load(bundle).manifest.digest

    assert load(bundle, digest).manifest.digest == digest
    with pytest.raises(BundleError, match=f"has digest {digest[:12]}, but {'0' * 12} is asked for"):
        load(bundle, "0" * 64)


@pytest.mark.parametrize("field", ["name", "threshold", "classes", "metrics", "files"])
def test_a_manifest_that_was_changed_is_found(field: str, bundle: Path) -> None:
    path = bundle / "bundle.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    raw[field] = {"name": "other", "threshold": 0.9, "classes": ["yes", "no"], "metrics": {}, "files": {}}[field]
    path.write_text(json.dumps(raw), encoding="utf-8")

    with pytest.raises(BundleError, match=r"was changed: bundle\.json does not match its digest"):
        load(bundle)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "can't be read"),
        (b"[]", "can't be read"),
        (b"null", "can't be read"),
        (b"{}", "can't be read"),
        (b"\xff\xfe", "can't be read"),
        (b'{"digest": "", "format": %d}' % FORMAT, "has other fields than it should"),
        (b'{"digest": "", "format": %d, "classes": [], "extra": 1}' % FORMAT, "has other fields than it should"),
    ],
)
def test_a_manifest_that_is_none_is_told(text: bytes, said: str, bundle: Path) -> None:
    (bundle / "bundle.json").write_bytes(text)

    with pytest.raises(BundleError, match=rf"bundle\.json of .* {said}"):
        load(bundle)


def test_a_folder_without_a_manifest_is_no_bundle(bundle: Path) -> None:
    (bundle / "bundle.json").unlink()

    with pytest.raises(BundleError, match=r"is no complete bundle: it has no bundle\.json"):
        load(bundle)


def test_a_graph_that_was_replaced_is_found_by_the_golden_rows(bundle: Path, seal: Callable[..., str]) -> None:
    path = bundle / "model.onnx"
    graph = onnx.load_from_string(path.read_bytes())
    bias = next(item for item in graph.graph.initializer if item.name.endswith("bias"))
    bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + 1e-4, bias.name))
    path.write_bytes(graph.SerializeToString())
    digest = seal(bundle)

    with pytest.raises(BundleError, match="a golden row gets another prediction, off by"):
        load(bundle, digest)


def test_a_graph_that_is_none_is_refused(bundle: Path, seal: Callable[..., str]) -> None:
    (bundle / "model.onnx").write_bytes(b"no graph")
    seal(bundle)

    with pytest.raises(BundleError, match="the graph can't be loaded"):
        load(bundle)


def test_a_graph_of_other_columns_is_refused(
    bundle: Path, seal: Callable[..., str], made_for: Callable[..., Any]
) -> None:
    (bundle / "model.onnx").write_bytes(made_for("binary", names=("w", "x", "y", "z")).contents.graph)
    seal(bundle)

    with pytest.raises(BundleError, match="the golden rows can't be predicted"):
        load(bundle)


def spoiled(golden: dict[str, Any], how: str) -> dict[str, Any]:
    outputs = np.array(golden["outputs"])
    columns = golden["inputs"]
    if how == "no row":
        return {"inputs": {name: [] for name in columns}, "outputs": []}
    if how == "one output for all":
        return {"inputs": columns, "outputs": outputs[:1].tolist()}
    if how == "another value":
        return {"inputs": columns, "outputs": np.add(outputs, [0, 2e-6]).tolist()}
    if how == "no number":
        return {"inputs": columns, "outputs": np.full_like(outputs, np.nan).tolist()}
    return {"inputs": columns, "outputs": outputs[:, 0].tolist()}


@pytest.mark.parametrize("how", ["no row", "one output for all", "another value", "no number", "another shape"])
def test_golden_rows_that_prove_nothing_are_refused(how: str, bundle: Path, seal: Callable[..., str]) -> None:
    path = bundle / "golden.json"
    path.write_text(json.dumps(spoiled(json.loads(path.read_text(encoding="utf-8")), how)), encoding="utf-8")
    seal(bundle)

    with pytest.raises(BundleError, match="a golden row gets another|rows can't be predicted|itself: its golden rows"):
        load(bundle)


@pytest.mark.parametrize("name", ["schema.json", "golden.json"])
@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"columns": [1]}'])
def test_a_schema_or_golden_rows_that_are_none_are_told(
    name: str, text: str, bundle: Path, seal: Callable[..., str]
) -> None:
    (bundle / name).write_text(text, encoding="utf-8")
    seal(bundle)

    with pytest.raises(BundleError, match="the schema or the golden rows can't be read"):
        load(bundle)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"threshold": float("nan")}, "its threshold is nan"),
        ({"threshold": 1.5}, "its threshold is 1.5"),
        ({"threshold": "0.5"}, "its threshold is '0.5'"),
        ({"threshold": None}, "its threshold is None"),
        ({"classes": ["yes", "no"]}, "name other classes"),
        ({"task": "regression"}, "name other classes or another task"),
        ({"spec": []}, "its spec has no fields"),
        ({"name": 7}, "its name is 7"),
        ({"name": ""}, "its name is ''"),
    ],
)
def test_a_manifest_that_contradicts_the_rest_is_refused(
    changes: dict[str, Any], said: str, bundle: Path, seal: Callable[..., str]
) -> None:
    seal(bundle, **changes)

    with pytest.raises(BundleError, match=f"contradicts itself: .*{said}"):
        load(bundle)


@pytest.mark.parametrize(
    "changes", [{"kind": "colour"}, {"nullable": "no"}, {"minimum": "low"}, {"levels": [1]}, {"name": 7}]
)
def test_a_column_that_is_none_is_refused(changes: dict[str, Any], bundle: Path, seal: Callable[..., str]) -> None:
    schema = json.loads((bundle / "schema.json").read_text(encoding="utf-8"))
    schema["columns"][0] |= changes
    (bundle / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    seal(bundle)

    with pytest.raises(BundleError, match="in its schema is no column|can't be read"):
        load(bundle)


def test_a_graph_for_one_number_of_rows_is_refused(bundle: Path, seal: Callable[..., str]) -> None:
    graph = onnx.load_from_string((bundle / "model.onnx").read_bytes())
    rows = len(json.loads((bundle / "golden.json").read_text(encoding="utf-8"))["outputs"])
    for item in graph.graph.input:
        item.type.tensor_type.shape.dim[0].ClearField("dim_param")
        item.type.tensor_type.shape.dim[0].dim_value = rows
    (bundle / "model.onnx").write_bytes(graph.SerializeToString())
    seal(bundle)

    with pytest.raises(BundleError, match="the golden rows can't be predicted"):
        load(bundle)


def test_weights_beside_the_graph_are_refused(bundle: Path, seal: Callable[..., str]) -> None:
    graph = onnx.load_from_string((bundle / "model.onnx").read_bytes())
    bias = next(item for item in graph.graph.initializer if item.name.endswith("bias"))
    (bundle / "weights").write_bytes(bias.raw_data or b"0" * 64)
    bias.ClearField("raw_data")
    bias.ClearField("float_data")
    bias.data_location = onnx.TensorProto.EXTERNAL
    bias.external_data.add(key="location", value=str(bundle / "weights"))
    (bundle / "model.onnx").write_bytes(graph.SerializeToString())
    seal(bundle)

    with pytest.raises(BundleError, match="the graph can't be loaded"):
        load(bundle)


@pytest.mark.parametrize("member", ["model/data.pkl", "model/data"])
def test_a_pickle_in_a_zip_file_is_refused(member: str, bundle: Path, seal: Callable[..., str]) -> None:
    with zipfile.ZipFile(bundle / "native" / "weights.bin", "w") as archive:
        archive.writestr(member, pickle.dumps({}))
    seal(bundle)

    with pytest.raises(BundleError, match=r"holds a pickle, which is never loaded: native/weights\.bin"):
        load(bundle)


@pytest.mark.parametrize("name", ["bundle.json", "schema.json", "golden.json"])
def test_a_text_that_is_nested_without_an_end_is_refused(name: str, bundle: Path, seal: Callable[..., str]) -> None:
    (bundle / name).write_text("[" * 100_000, encoding="utf-8")
    if name != "bundle.json":
        seal(bundle)

    with pytest.raises(BundleError, match="can't be read"):
        load(bundle)


def test_a_file_that_goes_while_it_is_read_is_told(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(path: Path) -> str:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    monkeypatch.setattr("slipway.bundle.manifest.hash_of", gone)

    with pytest.raises(BundleError, match="can't be read: .*No such file"):
        load(bundle)


def test_loading_imports_nothing_that_the_server_lacks() -> None:
    heavy = {"sklearn", "pandas", "polars", "pyarrow", "xgboost", "onnx", "skl2onnx", "kfp", "pydantic"}
    code = f"import sys, slipway.bundle.load, slipway.bundle.fetch; print(sys.modules.keys() & {heavy})"

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "set()"
