"""KFP's API as a server on loopback that takes and gives only what its OpenAPI publishes."""

import base64
import json
import re
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest
import yaml

from slipway.cli import main
from slipway.cli.place import DASHBOARD, ENDPOINT, TOKEN_FILE
from slipway.orchestration.remote import api as apis
from slipway.orchestration.remote import follow
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.login import COOKIE, TOKEN, Login


def _neighbour(name: str) -> Any:
    spec = spec_from_file_location(f"{__name__}.{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


published = _neighbour("published")
ROUTES = published.routes()
NOW = "2026-01-01T00:00:00Z"
LATER = "2026-01-01T00:00:31Z"

_LOG = re.compile(
    r"/apis/v2beta1/runs/(?P<run>[^/]+)/nodes/train-and-deploy-x7d-(?P<step>[^/]+)/artifacts/main-logs:read"
)
"""Where KFP passes logs on; served, but not published."""

Frame = tuple[str, dict[str, str]]
"""State of a run, and of its tasks."""

STEPS = ("validate", "drift", "featurize", "train", "evaluate", "register", "deploy")
ALL = dict.fromkeys(STEPS, "SUCCEEDED")
GOOD: list[Frame] = [("PENDING", {}), ("RUNNING", {"validate": "RUNNING"}), ("SUCCEEDED", ALL)]


class RefusedError(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.status, self.body = status, {"error": message, "message": message, "code": code, "details": []}


class Kfp:
    """What the server has, and how it behaves.

    Attributes:
        frames: What a run is at each look; the last one stays.
        faults: Method and path to answers that are given first: a status, a status that comes after the work was done
            (negative), or text that is no JSON.
        token, cookie: What must be shown; empty for nothing.
        multi_user: Whether users have namespaces.
        logs: Name of a step to what its pod printed, where logs are archived.
        asked: Method and path of every request.
    """

    def __init__(self) -> None:
        self.frames: list[Frame] = list(GOOD)
        self.faults: dict[str, list[int | str]] = {}
        self.token = self.cookie = ""
        self.multi_user = False
        self.logs: dict[str, str] = {}
        self.asked: list[str] = []
        self.stores: dict[str, dict[str, dict[str, Any]]] = {
            name: {} for name in ("pipelines", "pipeline_versions", "experiments", "runs", "recurring_runs")
        }
        self.looks: dict[str, int] = {}
        self.url = ""
        self.handler: type[BaseHTTPRequestHandler] = BaseHTTPRequestHandler

    def all(self, store: str) -> list[dict[str, Any]]:
        return list(self.stores[store].values())

    def add(self, store: str, key: str, item: dict[str, Any]) -> dict[str, Any]:
        made = {**item, key: str(uuid.uuid4()), "created_at": NOW}
        self.stores[store][made[key]] = made
        return made

    def respond(self, method: str, target: str, headers: Any, content: bytes) -> tuple[int, bytes, dict[str, str]]:
        url = urlsplit(target)
        asked = f"{method} {url.path.removeprefix('/apis/v2beta1')}"
        self.asked.append(asked)
        faults = next((found for pattern, found in self.faults.items() if re.fullmatch(pattern, asked)), [])
        fault = faults.pop(0) if faults else 0
        if isinstance(fault, str):
            return 200, fault.encode(), {"Content-Type": "text/html"}
        try:
            if fault > 0:
                raise RefusedError(fault, f"no {fault} today")
            answer = self.handle(method, url.path, dict(parse_qsl(url.query)), headers, content)
        except RefusedError as error:
            location = {"Location": str(error)} if error.status == 302 else {}
            return error.status, json.dumps(error.body).encode(), location
        except Exception as error:  # a defect of the request, or of this server: the test is to see it
            return 418, json.dumps({"error": f"the request does not fit: {error!r}"}).encode(), {}
        return abs(fault) or 200, json.dumps(answer).encode(), {"Content-Type": "application/json"}

    def handle(self, method: str, path: str, query: dict[str, str], headers: Any, content: bytes) -> dict[str, Any]:
        self._require_login(headers)
        if read := _LOG.fullmatch(path):
            return self._log(read["run"], read["step"])
        route = next((item for item in ROUTES if item.method == method and item.pattern.match(path)), None)
        assert route is not None, f"{method} {path} is not published"
        assert query.keys() <= route.queries, f"{method} {path} has no {query.keys() - route.queries}"
        body = json.loads(content) if route.body else content
        if route.body:
            assert published.misfits(body, route.body) == []
        answer = self._answer(method, path.removeprefix("/apis/v2beta1"), query, headers, body)
        assert published.misfits(answer, route.answer) == []
        return answer

    def _log(self, run: str, step: str) -> dict[str, Any]:
        if run not in self.stores["runs"] or step not in self.logs:
            raise RefusedError(404, "artifact not found: <nil>", 5)
        return {"data": base64.b64encode(self.logs[step].encode()).decode()}

    def _require_login(self, headers: Any) -> None:
        if self.cookie and headers.get("Cookie") != self.cookie:
            raise RefusedError(302, "https://login.example/dex/auth?state=secret")
        if self.token and headers.get("Authorization") != f"Bearer {self.token}":
            raise RefusedError(401, "Unauthenticated: the token is not valid", 16)

    def _answer(self, method: str, path: str, query: dict[str, str], headers: Any, body: Any) -> dict[str, Any]:
        parts = path.strip("/").split("/")
        if path == "/healthz":
            return {"multi_user": self.multi_user, "pipeline_store": "database"}
        if path == "/pipelines/upload_version":
            return self._upload(query, headers, body)
        if len(parts) == 4 and parts[2] == "versions":
            return self.stores["pipeline_versions"][parts[3]]
        if len(parts) == 3 and parts[2] == "versions":
            versions = [item for item in self.all("pipeline_versions") if item["pipeline_id"] == parts[1]]
            return _page("pipeline_versions", versions, query)
        store = {"recurringruns": "recurring_runs"}.get(parts[0], parts[0])
        if len(parts) == 1:
            return self._listed(store, query) if method == "GET" else self._created(store, body)
        key, _, verb = parts[1].partition(":")
        return self._one(method, store, key, verb)

    def _listed(self, store: str, query: dict[str, str]) -> dict[str, Any]:
        items = self.all(store)
        if "experiment_id" in query:
            items = [item for item in items if item["experiment_id"] == query["experiment_id"]]
        return _page("recurringRuns" if store == "recurring_runs" else store, items, query)

    def _created(self, store: str, body: dict[str, Any]) -> dict[str, Any]:
        key = {"recurring_runs": "recurring_run_id"}.get(store, f"{store[:-1]}_id")
        if store in ("pipelines", "experiments"):
            _unique(self.all(store), body["display_name"])
        if store in ("runs", "recurring_runs"):
            reference = body["pipeline_version_reference"]
            assert reference["pipeline_version_id"] in self.stores["pipeline_versions"]
            assert reference["pipeline_id"] in self.stores["pipelines"]
            assert body["experiment_id"] in self.stores["experiments"]
        return self.add(store, key, body)

    def _upload(self, query: dict[str, str], headers: Any, content: bytes) -> dict[str, Any]:
        head = f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode()
        (part,) = BytesParser().parsebytes(head + content).get_payload()
        versions = [item for item in self.all("pipeline_versions") if item["pipeline_id"] == query["pipelineid"]]
        _unique(versions, query["name"])
        text = part.get_payload(decode=True).decode()
        spec, *platform = yaml.load_all(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        spec = {"pipeline_spec": spec, "platform_spec": platform[0]} if platform else spec
        item = {"pipeline_id": query["pipelineid"], "display_name": query["name"], "name": query["name"]}
        return self.add(
            "pipeline_versions",
            "pipeline_version_id",
            {**item, "description": query["description"], "pipeline_spec": spec},
        )

    def _one(self, method: str, store: str, key: str, verb: str) -> dict[str, Any]:
        if key not in self.stores[store]:
            raise RefusedError(404, f"{key} not found", 5)
        item = self.stores[store][key]
        if method == "DELETE":
            del self.stores[store][key]
            return {}
        if verb == "terminate":
            self.frames = [("CANCELING", {}), ("CANCELED", {})]
            return {}
        if verb in ("enable", "disable"):
            item["mode"] = verb.upper()
            return {}
        return self._seen(item) if store == "runs" else item

    def _seen(self, run: dict[str, Any]) -> dict[str, Any]:
        look = self.looks.get(run["run_id"], 0)
        self.looks[run["run_id"]] = look + 1
        state, tasks = self.frames[min(look, len(self.frames) - 1)]
        noise = {"root": "RUNNING", "root-driver": "SUCCEEDED", "validate-driver": "SUCCEEDED", "executor": "SKIPPED"}
        details = [
            {
                "display_name": name,
                "state": task,
                "start_time": NOW,
                "end_time": LATER,
                "task_id": name,
                "child_tasks": [{"pod_name": f"train-and-deploy-x7d-{name}"}],
            }
            for name, task in {**noise, **tasks}.items()
        ]
        error = {"error": {"code": 2, "message": "the workflow failed"}} if state == "FAILED" else {}
        return {**run, "state": state, "run_details": {"task_details": details}, **error}


def _page(field: str, items: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    """Two items a page, however many are asked for."""
    if "filter" in query:
        (predicate,) = json.loads(unquote_plus(query["filter"]))["predicates"]
        assert published.misfits(predicate, "V2beta1Predicate") == []
        items = [item for item in items if item[predicate["key"]] == predicate["string_value"]]
    start = int(query.get("page_token") or 0)
    more = {"next_page_token": str(start + 2)} if len(items) > start + 2 else {}
    return {field: items[start : start + 2], "total_size": len(items), **more}


def _unique(items: list[dict[str, Any]], name: str) -> None:
    if any(item["display_name"] == name for item in items):
        raise RefusedError(409, f"already exist: {name}", 6)


def _handler(kfp: Kfp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, answer, headers = kfp.respond(self.command, self.path, self.headers, content)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def kfp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kfp]:
    """A running KFP, and nobody who waits for long."""
    for name in (ENDPOINT, DASHBOARD, TOKEN_FILE, TOKEN, COOKIE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(apis, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(apis, "GREETING_SECONDS", 0.2)
    found = Kfp()
    found.handler = _handler(found)
    server = ThreadingHTTPServer(("127.0.0.1", 0), found.handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def api(kfp: Kfp) -> Api:
    return Api(lambda: kfp.url, Login())


@pytest.fixture
def slipway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in a folder with a spec: exit code, what it printed, what it complained."""
    monkeypatch.chdir(tmp_path)
    spec = {
        "name": "churn",
        "data": "s3://bucket/churn.parquet",
        "target": "churn",
        "registry": "s3://bucket/registry",
        "serving": {"image": f"registry.example/server@sha256:{'0' * 64}"},
    }
    (tmp_path / "slipway.yaml").write_text(yaml.safe_dump(spec))

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["slipway", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture(scope="session")
def package() -> Path:
    """The compiled pipeline."""
    return Path(__file__).parents[3] / "pipelines/compiled/train_and_deploy.yaml"


@pytest.fixture
def submit(
    slipway: Callable[..., tuple[int, str, str]], kfp: Any, package: Path
) -> Callable[..., tuple[int, str, str]]:
    """Submits the compiled pipeline."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return slipway("submit", "--endpoint", kfp.url, "--package", str(package), *arguments)

    return call
