import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from slipway.data.schema import Kind
from slipway.drift import profile as profiles
from slipway.drift import prometheus
from slipway.drift.answers import Answers
from slipway.drift.classifier import Separation
from slipway.drift.compare import compare
from slipway.drift.comparison import Comparison
from slipway.drift.estimate import Estimated
from slipway.drift.findings import Findings, lift
from slipway.drift.multivariate import Multivariate, Pair, Reconstruction
from slipway.drift.performance import watch
from slipway.drift.report import report
from slipway.drift.schema import Document
from slipway.errors import StorageError
from slipway.evaluation.bootstrap import Interval
from slipway.spec import Drift
from slipway.spec.published import schema_of

HOSTILE = '<script>"x"</script>\n'


def compared(columns: int = 3, shift: float = 0.0) -> Comparison:
    random = np.random.default_rng(0)
    kinds: dict[str, Kind] = {f"{HOSTILE}{at}": "category" if at % 3 == 1 else "number" for at in range(columns)}

    def table(move: float) -> dict[str, Any]:
        return {
            name: np.array([[f"l{level + int(9 * move)}"] for level in random.integers(0, 3, 100)], object)
            if kind == "category"
            else random.normal(move, size=(100, 1))
            for name, kind in kinds.items()
        }

    return compare(*(profiles.finish(profiles.fit(table(move), kinds)) for move in (0, shift)), Drift())


def watched() -> Any:
    random = np.random.default_rng(0)
    outputs = random.normal(size=400)
    truth = outputs + random.normal(scale=np.where(np.arange(400) < 200, 1, 4))
    return watch(Answers("regression", truth, outputs), {"rmse": Interval(1.0, 0.9, 1.1)})


def everything() -> Findings:
    return Findings(
        data=compared(),
        predictions=compared(1, 3.0),
        target=compared(1),
        multivariate=Multivariate(
            100, 3, (Pair(("a", "b"), 0.0, 0.8, 1.7, "alarm"),), Reconstruction(1, 2, 0.3, "none")
        ),
        separation=Separation(0.7, 1e-9, 0.5, "alarm", (("a", 0.1), ("c", 0.05)), (100, 100)),
        performance=watched(),
        estimated=(Estimated("f1", "F1", Interval(0.6, 0.5, 0.7), Interval(0.8, 0.75, 0.85), worse=True),),
        notes=("the window is too small",),
    )


@pytest.mark.parametrize("findings", [Findings(compared()), Findings(compared(5, 2.0)), everything()])
def test_json_is_what_the_published_schema_says(findings: Findings) -> None:
    schema = schema_of(Document, "Drift findings")
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(json.loads(findings.to_json()), schema)


@pytest.mark.parametrize("spoiled", [{"severity": "bad"}, {"columns": "a"}, {"findings": None}, {"format": "1"}])
def test_the_schema_refuses_what_is_wrong(spoiled: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**everything().to_raw(), **spoiled}, schema_of(Document, "Drift findings"))


def test_numbers_that_json_has_not_become_null() -> None:
    data = compared()
    spoiled = replace(data, columns=(replace(data.columns[0], wasserstein=float("inf")), *data.columns[1:]))

    raw = json.loads(Findings(spoiled).to_json())

    assert raw["findings"]["data"]["columns"][0]["wasserstein"] is None


def test_the_worst_part_decides_and_columns_are_named_once() -> None:
    found = everything()

    assert (found.severity, found.drifted) == ("alarm", True)
    assert found.columns == ("a", "b", "c")
    assert {name: severity for name, (severity, _) in found.parts.items()} == {
        "data": "none",
        "predictions": "alarm",
        "target": "none",
        "multivariate": "alarm",
        "classifier": "alarm",
        "performance": "alarm",
        "estimate": "warn",
    }
    assert "RMSE was 1.000 and is 3.096 in rows 181 to 220" in found.sentence
    assert Findings(compared()).severity == "none"
    assert Findings(compared()).columns == ()


def test_lifting_a_column_leaves_the_others() -> None:
    data = compared(3, 2.0)
    name = data.columns[1].name

    others, own = lift(data, name)

    assert own is not None
    assert [column.name for column in own.columns] == [name]
    assert len(others.columns) == 2
    assert lift(data, "another") == (data, None)


def test_prometheus_text_can_be_read_back() -> None:
    found = everything()
    families = {one.name: one for one in text_string_to_metric_families(prometheus.text(found, HOSTILE).decode())}

    severity = {sample.labels["part"]: sample.value for sample in families["slipway_drift_severity"].samples}
    assert severity == {
        "data": 0, "predictions": 2, "target": 0, "multivariate": 2, "classifier": 2, "performance": 2, "estimate": 1,
    }  # fmt: skip
    columns = families["slipway_drift_column_psi"].samples
    assert {sample.labels["column"] for sample in columns} == {column.name for column in found.data.columns}
    assert {sample.labels["model"] for sample in columns} == {HOSTILE}


def test_a_wide_table_has_a_bounded_number_of_series() -> None:
    data = compared(1)
    many = tuple(replace(data.columns[0], name=str(at)) for at in range(300))

    text = prometheus.text(Findings(replace(data, columns=many)), "model").decode()

    assert text.count("slipway_drift_column_psi{") == prometheus.MOST_COLUMNS


@pytest.fixture
def gateway() -> Iterator[tuple[str, list[tuple[str, str, bytes]]]]:
    """A server that keeps what is pushed."""
    pushed: list[tuple[str, str, bytes]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            pushed.append((self.command, self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", pushed
        server.shutdown()
        thread.join()


def test_metrics_are_pushed_under_the_models_name(gateway: tuple[str, list[tuple[str, str, bytes]]]) -> None:
    address, pushed = gateway

    prometheus.push(Findings(compared()), "churn", address)

    ((method, path, body),) = pushed
    assert (method, path) == ("PUT", "/metrics/job/slipway_drift/model/churn")
    assert b'slipway_drift_severity{model="churn",part="data"} 0.0' in body


def test_a_gateway_that_is_not_there_is_an_error(port: int) -> None:
    with pytest.raises(StorageError, match=f"Pushgateway at '127.0.0.1:{port}' does not take the metrics"):
        prometheus.push(Findings(compared()), "churn", f"127.0.0.1:{port}")


def test_the_report_shows_every_part() -> None:
    text = report(everything(), HOSTILE, "the reference")

    for said in (
        "Predictions and target",
        "Correlations that changed",
        "What tells current rows",
        "Scores over time",
        "Scores estimated without the truth",
        "it is right only as far as they are calibrated",
        "The window is too small.",
        '<svg class="trend"',
        'class="worse"',
    ):
        assert said in text
    assert "<script>" not in text


def test_the_report_of_5000_columns_is_below_a_megabyte() -> None:
    data = compared(10, 2.0)
    many = tuple(replace(column, name=f"{column.name} {at}") for at in range(500) for column in data.columns)
    found = replace(everything(), data=replace(data, columns=many))

    assert len(report(found, "model", "the reference").encode()) < 1_000_000


def test_heavy_libraries_are_not_imported_before_they_are_needed() -> None:
    script = (
        "import sys, slipway.drift, slipway.drift.findings, slipway.drift.compare, slipway.drift.multivariate;"
        "print([name for name in ('sklearn', 'river', 'matplotlib', 'pandas', 'scipy.stats') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_losses_are_wrong_classes_or_distances() -> None:
    outputs = np.array([[0.9, 0.1], [0.2, 0.8]])

    assert Answers("binary", np.array([0, 0]), outputs).losses.tolist() == [0, 1]
    assert Answers("regression", np.array([1.0, 2.0]), np.array([3.0, 1.5])).losses.tolist() == [2, 0.5]
