import asyncio
import os
import threading
from typing import Any

import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.app import App, create
from slipway.serving.bundles.models import Models
from slipway.serving.telemetry import exposition
from slipway.serving.telemetry.board import Board, Series
from slipway.serving.telemetry.exposition import Reading, label
from slipway.serving.telemetry.metrics import Metrics
from slipway.serving.telemetry.tally import Tally


def read(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Name and labels, but for those of the model, to value."""
    return {
        (
            sample.name,
            frozenset(value for name, value in sample.labels.items() if name not in ("model", "version", "variant")),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def found(client: TestClient, name: str, *labels: str) -> float:
    return read(client.get("/metrics").text)[name, frozenset(labels)]


def test_requests_rows_and_errors_are_counted(bundle: Bundle, client: TestClient) -> None:
    rows = bundle.golden.rows(bundle.schema)
    client.post("/predict", json={"rows": rows})
    client.post("/predict", json={"rows": [{}, {}]})
    client.post("/predict", content=b"")
    client.get("/nothing")
    assert found(client, "slipway_requests_total", "predict", "200") == 1
    assert found(client, "slipway_requests_total", "predict", "422") == 1
    assert found(client, "slipway_requests_total", "predict", "400") == 1
    assert found(client, "slipway_requests_total", "other", "404") == 1
    assert found(client, "slipway_rows_total") == len(rows)
    assert found(client, "slipway_field_errors_total", "missing") == 2 * len(bundle.schema.columns)
    assert found(client, "slipway_errors_total", "fields") == 1
    assert found(client, "slipway_errors_total", "json") == 1
    assert found(client, "slipway_request_seconds_count", "predict") == 3
    assert found(client, "slipway_model_info", bundle.manifest.digest) == 1
    assert found(client, "slipway_queue_depth") == 0


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
def test_every_prediction_is_in_the_distribution_of_the_scores(bundle: Bundle, client: TestClient) -> None:
    rows = bundle.golden.rows(bundle.schema) * 60
    client.post("/predict", json={"rows": rows})
    client.post("/predict", json={"rows": rows[:1]})
    assert found(client, "slipway_score_count") == len(rows) + 1
    assert found(client, "slipway_score_bucket", "+Inf") == len(rows) + 1


def test_nulls_and_unseen_values_are_counted_by_column(bundle: Bundle, client: TestClient) -> None:
    row = bundle.golden.rows(bundle.schema)[0]
    for change in ({"amount": None}, {"amount": 1e9}, {"city": "Atlantis"}, {"city": None}, {"since": "1900-01-01"}):
        assert client.post("/predict", json={"rows": [{**row, "amount": 20.0, "city": "O'Hare", **change}]}).is_success
    counts = read(client.get("/metrics").text)
    for name, column in (
        ("null", "amount"),
        ("unseen", "amount"),
        ("unseen", "city"),
        ("null", "city"),
        ("unseen", "since"),
    ):
        assert counts[f"slipway_input_{name}_total", frozenset({column})] == 1
    assert ("slipway_input_unseen_total", frozenset({"1st visits"})) not in counts


def test_rows_count_the_same_alone_and_together(bundle: Bundle) -> None:
    rows = [
        {**row, "city": city} for row, city in zip(bundle.golden.rows(bundle.schema), ("Atlantis", None), strict=False)
    ]
    rows += bundle.golden.rows(bundle.schema)[2:]
    texts = []
    for requests in ([rows], [[row] for row in rows], [rows[:3], rows[3:4], rows[4:]]):
        with TestClient(create(bundle)) as client:
            for part in requests:
                assert client.post("/predict", json={"rows": part}).is_success
            texts.append(client.get("/metrics").text)
    wanted = ("slipway_input", "slipway_score_bucket", "slipway_rows")
    counts = [[line for line in text.splitlines() if line.startswith(wanted)] for text in texts]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]


def test_workers_are_summed_and_a_new_one_counts_on() -> None:
    board = Board(2)
    series = [Series("requests", label(route="predict")), Series("seconds", "", (0.5, 1.0))]
    for place in (0, 1):
        child = os.fork()
        if not child:
            board.numbers(place, series)[0] += 3
            board.numbers(place, series)[1] += 1
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    board.numbers(1, series)[0] += 1
    totals = exposition.total(board.read())
    assert totals[series[0]] == [7]
    assert totals[series[1]] == [2, 0, 0, 0]
    families = {"requests": ("counter", "Requests."), "seconds": ("histogram", "Seconds.")}
    counts = read(exposition.text(totals, families))
    assert counts["seconds_count", frozenset()] == 2


def test_a_board_that_is_full_says_so() -> None:
    with pytest.raises(MemoryError, match="worker 0 need more than 200 bytes"):
        Board(1, 200).numbers(0, [Series("a", str(place)) for place in range(100)])


def test_labels_are_escaped() -> None:
    totals = {Series("a_total", label(column='x"\\\n')): [1.0]}
    counts = read(exposition.text(totals, {"a_total": ("counter", "A.")}))
    assert counts["a_total", frozenset({'x"\\\n'})] == 1


def test_what_others_count_is_added_to_what_workers_before_counted() -> None:
    board = Board()
    values: dict[str, Any] = {"dropped": 2, "waiting": 5}

    def readings() -> list[Reading]:
        return [
            Reading("dropped_total", "counter", "Dropped.", {"what": "rows"}, values["dropped"]),
            Reading("waiting", "gauge", "Waiting.", {}, values["waiting"]),
        ]

    for dropped, waiting in ((2, 5), (3, 1)):
        values.update(dropped=dropped, waiting=waiting)
        metrics = Metrics(Models({}), board)
        metrics.watch(readings)
        counts = read(asyncio.run(metrics.text()).decode())
        assert counts["waiting", frozenset()] == waiting
    assert counts["dropped_total", frozenset({"rows"})] == 5


def test_requests_are_answered_while_a_scrape_is_under_way(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, write = threading.Event(), exposition.text

    def slow(*given: Any) -> str:
        assert ended.wait(30)
        return write(*given)

    monkeypatch.setattr(exposition, "text", slow)
    row = orjson.dumps({"rows": bundle.golden.rows(bundle.schema)[:1]})

    async def scrape_and_ask() -> None:
        app = create(bundle)
        scrape = asyncio.create_task(ask(app, "GET", "/metrics"))
        for _ in range(50):
            assert await ask(app, "POST", "/predict", row) == 200
            assert await ask(app, "GET", "/readyz") == 200
        assert not scrape.done()
        ended.set()
        assert await scrape == 200

    asyncio.run(scrape_and_ask())


def test_rows_are_looked_at_beside_the_requests(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    loops, look = set(), Tally.look

    def noted(tally: Tally, pending: Any) -> Any:
        loops.add(threading.current_thread().name)
        return look(tally, pending)

    monkeypatch.setattr(Tally, "look", noted)
    rows = orjson.dumps({"rows": bundle.golden.rows(bundle.schema) * 20})

    async def ask_often() -> None:
        app = create(bundle)
        for _ in range(3):
            assert await ask(app, "POST", "/predict", rows) == 200
        assert await ask(app, "GET", "/metrics") == 200

    asyncio.run(ask_often())
    assert {name.rpartition("_")[0] for name in loops} == {"slipway-metrics"}


async def ask(app: App, method: str, path: str, body: bytes = b"") -> int:
    """The status that an application answers with."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": []}
    await app(scope, receive, send)
    return int(sent[0]["status"])
