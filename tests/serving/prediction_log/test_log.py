import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.waiting import eventually

from slipway.bundle.load import Bundle, load
from slipway.data import storage
from slipway.data.source import open_table
from slipway.errors import ServingError, StorageError
from slipway.serving.prediction_log.log import PredictionLog
from slipway.serving.prediction_log.records import Prediction, Truth
from slipway.settings import Log

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
TASKS = ("binary", "multiclass", "regression")


def reachable(host: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(host) == 0


def prediction(bundle: Bundle, name: str = "r-1") -> Prediction:
    inputs = bundle.golden.inputs
    return Prediction(name, NOON, "stable", inputs, bundle.predict(inputs))


@pytest.mark.parametrize("bundle", TASKS, indirect=True)
def test_a_row_is_logged_as_the_model_saw_and_answered_it(bundle: Bundle, tmp_path: Path) -> None:
    log = PredictionLog(Log(str(tmp_path)))
    record = prediction(bundle)
    log.predicted(bundle, record, 100)
    log.close(10)
    version = bundle.manifest.digest[:12]
    (file,) = (tmp_path / "model" / version / "predictions" / "date=2026-11-21").iterdir()
    found = pl.read_parquet(file, hive_partitioning=False)
    assert found["slipway_row"].to_list() == list(range(len(record.outputs)))
    assert set(found["slipway_id"]) == {"r-1"}
    assert set(found["slipway_time"]) == {datetime(2026, 11, 21, 12, tzinfo=UTC)}
    assert (found["slipway_model"][0], found["slipway_version"][0]) == ("model", version)
    answers = [name for name in found.columns if "probability" in name or name == "slipway_value"]
    np.testing.assert_array_equal(found[answers].to_numpy(), record.outputs.reshape(len(found), -1))
    from slipway.features.inputs import inputs

    for name, values in inputs(found, bundle.schema.kinds).items():
        np.testing.assert_array_equal(values, record.inputs[name])
    assert log.written_rows == len(found)
    assert not log.dropped_rows


def test_logged_rows_are_a_table_like_the_training_data(bundle: Bundle, tmp_path: Path) -> None:
    log = PredictionLog(Log(str(tmp_path)))
    log.predicted(bundle, prediction(bundle), 100)
    log.close(10)
    columns = open_table(str(tmp_path)).columns
    assert {name: columns[name] for name in bundle.schema.names} == bundle.schema.kinds


def test_files_end_at_the_number_of_rows_and_have_names_of_their_own(bundle: Bundle, tmp_path: Path) -> None:
    rows = len(bundle.golden.outputs)
    logs = [PredictionLog(Log(str(tmp_path), rows=2 * rows)) for _ in range(2)]
    for log in logs:
        for number in range(5):
            log.predicted(bundle, prediction(bundle, f"r-{number}"), 100)
        log.close(10)
    files = list(tmp_path.rglob("*.parquet"))
    assert sorted(pl.read_parquet(file).height for file in files) == sorted([2 * rows, 2 * rows, rows] * 2)


def test_feedback_is_a_table_of_its_own(bundle: Bundle, tmp_path: Path) -> None:
    log = PredictionLog(Log(str(tmp_path)))
    assert log.learned(bundle, Truth("r-1", 3, NOON, "yes"))
    log.close(10)
    (file,) = (tmp_path / "model" / bundle.manifest.digest[:12] / "feedback" / "date=2026-11-21").iterdir()
    found = pl.read_parquet(file, hive_partitioning=False).to_dicts()
    time_ = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert found == [{"slipway_id": "r-1", "slipway_row": 3, "slipway_time": time_, "slipway_truth": "yes"}]


def test_rows_are_written_in_time_without_an_end(bundle: Bundle, tmp_path: Path) -> None:
    log = PredictionLog(Log(str(tmp_path), seconds=0.1))
    log.predicted(bundle, prediction(bundle), 100)
    eventually(lambda: log.written_rows > 0)
    assert list(tmp_path.rglob("*.parquet"))
    log.close(10)


def test_a_slow_sink_neither_holds_requests_nor_grows_memory(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, write = threading.Event(), storage.write_bytes

    def slow(uri: str, data: bytes) -> None:
        gate.wait(30)
        write(uri, data)

    monkeypatch.setattr(storage, "write_bytes", slow)
    log = PredictionLog(Log(str(tmp_path), seconds=0.05, queue_mb=1))
    record, rows = prediction(bundle), len(bundle.golden.outputs)
    for _ in range(1000):
        log.predicted(bundle, record, 20_000)
    assert log.dropped_rows > 0
    assert log.waiting_rows / rows * 20_000 <= 1 << 20
    gate.set()
    log.close(10)
    assert log.written_rows + log.dropped_rows == 1000 * rows
    assert sum(pl.read_parquet(file).height for file in tmp_path.rglob("*.parquet")) == log.written_rows


def test_what_a_failing_sink_refused_is_written_once_when_it_is_back(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slipway.serving.process.background._RETRY_SECONDS", 0.01)
    write, fails = storage.write_bytes, iter([True, True, True])

    def failing(uri: str, data: bytes) -> None:
        if next(fails, False):
            message = f"{uri!r} can't be written: no space left"
            raise StorageError(message)
        write(uri, data)

    monkeypatch.setattr(storage, "write_bytes", failing)
    log = PredictionLog(Log(str(tmp_path), seconds=0.01))
    log.predicted(bundle, prediction(bundle), 100)
    eventually(lambda: log.written_rows > 0)
    log.close(10)
    assert log.failures == 3
    assert sum(pl.read_parquet(file).height for file in tmp_path.rglob("*.parquet")) == len(bundle.golden.outputs)


def test_what_can_not_be_written_before_the_end_is_counted(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    log = PredictionLog(Log("/proc/nowhere", seconds=60))
    log.predicted(bundle, prediction(bundle), 100)
    log.close(10)
    assert log.dropped_rows == len(bundle.golden.outputs)


def test_it_writes_to_s3(bundle: Bundle, bucket: str) -> None:
    log = PredictionLog(Log(f"{bucket}/deep"))
    log.predicted(bundle, prediction(bundle), 100)
    log.close(20)
    assert log.written_rows == len(bundle.golden.outputs)
    assert set(open_table(f"{bucket}/deep").columns) > set(bundle.schema.names)


def test_a_column_with_a_name_of_the_logs_own_is_refused(bundle: Bundle) -> None:
    from dataclasses import replace

    from slipway.serving.prediction_log.records import prediction_types

    column = replace(bundle.schema.columns[0], name="slipway_id")
    with pytest.raises(ServingError, match="'slipway_id' starts with 'slipway_'"):
        prediction_types(replace(bundle.schema, columns=(column,)))


def test_an_unknown_scheme_is_told_at_the_start() -> None:
    with pytest.raises(StorageError, match="'nowhere'"):
        PredictionLog(Log("nowhere://x"))


WRITER = """
import sys
from pathlib import Path
from slipway.bundle.load import load
from slipway.serving.prediction_log.log import PredictionLog
from slipway.serving.prediction_log.records import Prediction
from slipway.settings import Log
bundle = load(Path(sys.argv[1]))
log = PredictionLog(Log(sys.argv[2], seconds=0.001, rows=20))
record = Prediction("r", 0.0, "", bundle.golden.inputs, bundle.golden.outputs)
print("ready", flush=True)
while True:
    log.predicted(bundle, record, 1)
"""


def test_nothing_half_written_is_taken_for_finished_after_a_kill(trained: Callable[[str], Any], tmp_path: Path) -> None:
    folder = trained("binary").bundle
    process = subprocess.Popen([sys.executable, "-c", WRITER, folder, tmp_path], stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        eventually(lambda: len(list(tmp_path.rglob("*.parquet"))) > 20)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    rows = len(load(folder).golden.outputs)
    heights = {pl.read_parquet(file).height for file in tmp_path.rglob("[!.]*.parquet")}
    assert heights == {rows}
    assert open_table(str(tmp_path)).columns
