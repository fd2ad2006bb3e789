"""The analysis asks a real Prometheus that scrapes real metrics; it needs the program ``prometheus``."""

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient
from tests.waiting import eventually

from slipway.bundle.load import Bundle, load
from slipway.errors import RolloutError
from slipway.rollout.analysis import Verdict, analyse
from slipway.rollout.samples import Window
from slipway.serving.app import create
from slipway.spec import Analysis

NAMESPACE = "shop"
REQUESTS = 120
BUSINESS = 'sum(slipway_score_sum{pod=~"{pods}"}) / sum(slipway_score_count{pod=~"{pods}"})'


@dataclass
class Engine:
    """An engine that does what a bad revision might do, once it has begun."""

    good: Any
    bad: Callable[[np.ndarray], np.ndarray]
    begun: bool = False

    def predict(self, inputs: Any) -> np.ndarray:
        outputs = self.good.predict(inputs)
        return self.bad(outputs) if self.begun else outputs


def fails(_: np.ndarray) -> np.ndarray:
    message = "out of order"
    raise ArithmeticError(message)


def is_slow(outputs: np.ndarray) -> np.ndarray:
    time.sleep(0.05)
    return outputs


def says_otherwise(outputs: np.ndarray) -> np.ndarray:
    return np.tile([[0.999, 0.001]], (len(outputs), 1))


REVISIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "stable": np.asarray,
    "good": np.asarray,
    "idle": np.asarray,
    "failing": fails,
    "slow": is_slow,
    "other": says_otherwise,
}


@dataclass
class Pods:
    """One pod of each revision, as Prometheus and the analysis see them."""

    url: str
    clients: dict[str, TestClient]
    engines: dict[str, Engine]
    version: str
    namespace: str = NAMESPACE
    began: float = field(default_factory=time.monotonic)

    def find(self, kind: str, labels: dict[str, str]) -> list[Any]:
        assert kind == "Pod"
        return [{"metadata": {"name": labels["track"]}}]

    def track(self, revision: str) -> dict[str, Any]:
        annotations = {"slipway/digest": self.version + "0" * 52}
        return {"metadata": {"annotations": annotations}, "spec": {"selector": {"matchLabels": {"track": revision}}}}

    def verdict(self, revision: str, **limits: Any) -> Verdict:
        """What an analysis says, once Prometheus has scraped what was answered."""
        asked = Analysis(prometheus=self.url, min_requests=60, **limits)
        window = Window(self, (self.track("stable"), self.track(revision)), asked)  # type: ignore[arg-type]
        deadline = time.monotonic() + 60
        while True:
            samples = window.samples(time.monotonic() - self.began)
            if [item.requests for item in samples] == [REQUESTS, 5 if revision == "idle" else REQUESTS]:
                return analyse(*samples, asked)
            assert time.monotonic() < deadline, samples
            time.sleep(0.5)


@pytest.fixture(scope="module")
def pods(trained: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("the program 'prometheus' is not installed")
    bundle = load(trained("binary").bundle)
    engines = {name: Engine(bundle.engine, bad) for name, bad in REVISIONS.items()}
    clients = {name: TestClient(create(replace(bundle, engine=engine))) for name, engine in engines.items()}  # type: ignore[arg-type]
    for client in clients.values():
        client.__enter__()
    exposed = expose(clients)
    folder = tmp_path_factory.mktemp("prometheus")
    process, url = start(program, folder, exposed.server_port)
    try:
        version = bundle.manifest.digest[:12]
        eventually(lambda: len(query(url, 'up{namespace="shop"} == 1')) == len(clients))
        made = Pods(url, clients, engines, version)
        for name, client in clients.items():
            engines[name].begun = True
            ask(client, bundle, 5 if name == "idle" else REQUESTS)
        yield made
    finally:
        process.terminate()
        process.wait(30)
        exposed.shutdown()
        exposed.server_close()
        for client in clients.values():
            client.__exit__(None, None, None)


def ask(client: TestClient, bundle: Bundle, times: int) -> None:
    rows = bundle.golden.rows(bundle.schema)
    for place in range(times):
        client.post("/predict", json={"rows": [rows[place % len(rows)]]})


def expose(clients: dict[str, TestClient]) -> ThreadingHTTPServer:
    """A port where each pod's metrics are at ``/POD/metrics``."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                content = clients[self.path.split("/")[1]].get("/metrics").content
            self.send_response(200)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def start(program: str, folder: Path, port: int) -> tuple[subprocess.Popen[bytes], str]:
    """A Prometheus that scrapes every pod once a second, with the labels that its operator gives to pods."""
    targets = [
        {
            "targets": [f"127.0.0.1:{port}"],
            "labels": {"__metrics_path__": f"/{name}/metrics", "namespace": NAMESPACE, "pod": name, "instance": name},
        }
        for name in REVISIONS
    ]
    jobs = [{"job_name": "pods", "static_configs": targets}]
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(config))
    said = (folder / "log").open("wb")
    flags = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    command = [program, *flags, "--web.listen-address=127.0.0.1:0"]
    with said:
        process = subprocess.Popen(command, stderr=said, stdout=said)
    eventually(lambda: address(folder / "log"))
    return process, address(folder / "log")


def address(log: Path) -> str:
    """Where Prometheus says that it listens."""
    words = log.read_text().replace("=", " ").split()
    return next((f"http://{word}" for word in words if word.startswith("127.0.0.1:") and not word.endswith(":0")), "")


def query(url: str, text: str) -> list[Any]:
    asked = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': text})}"
    try:
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return list(json.load(answer)["data"]["result"])
    except OSError:
        return []


def test_a_canary_that_does_as_well_is_promoted(pods: Pods) -> None:
    verdict = pods.verdict("good", max_error_increase=0.1, max_latency_ratio=20)
    assert verdict.decision == "promote", verdict.sentences
    assert [item.title for item in verdict.checks] == ["requests", "errors", "latency", "scores"]


def test_one_that_nobody_asks_is_held(pods: Pods) -> None:
    verdict = pods.verdict("idle")
    assert verdict.decision == "hold"
    assert "at least 60 each" in verdict.sentences[0]


@pytest.mark.parametrize(
    ("revision", "title", "said"),
    [("failing", "errors", "100.00% against 0.00%"), ("slow", "latency", "p99"), ("other", "scores", "PSI")],
)
def test_one_that_does_worse_is_rolled_back(pods: Pods, revision: str, title: str, said: str) -> None:
    limits = {} if revision == "slow" else {"max_latency_ratio": 1000}
    verdict = pods.verdict(revision, **limits)
    assert verdict.decision == "rollback", verdict.sentences
    wrong = next(item for item in verdict.checks if item.title == title)
    assert wrong.decision == "rollback"
    assert said in wrong.sentence


def test_a_metric_of_ones_own_decides_too(pods: Pods) -> None:
    limits = {"business": BUSINESS, "max_error_increase": 0.1, "max_latency_ratio": 1000, "max_score_psi": 1000}
    assert pods.verdict("good", **limits).decision == "promote"
    worse = pods.verdict("other", **limits)
    assert worse.checks[-1].title == "business"
    assert worse.decision == "rollback"


def test_what_another_version_answered_counts_for_nobody(pods: Pods) -> None:
    stranger = replace(pods, version="f" * 12)
    window = Window(stranger, (stranger.track("stable"),), Analysis(prometheus=pods.url))  # type: ignore[arg-type]
    assert [item.requests for item in window.samples(120)] == [0]


def test_a_prometheus_that_refuses_a_query_is_told(pods: Pods) -> None:
    with pytest.raises(RolloutError, match="does not answer 'sum.*Bad Request"):
        pods.verdict("good", business='sum(pod=~"{pods}"')
