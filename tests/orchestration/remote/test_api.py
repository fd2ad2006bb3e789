import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import HTTPServer
from pathlib import Path
from typing import Any

import pytest

from slipway.errors import PipelineError
from slipway.orchestration.remote import api as apis
from slipway.orchestration.remote import run as runs
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.client import proxy_of
from slipway.orchestration.remote.login import Login
from slipway.orchestration.remote.package import Package
from slipway.orchestration.remote.refusal import RefusalError
from slipway.orchestration.remote.run import Order
from slipway.orchestration.remote.version import upload

Slipway = Callable[..., tuple[int, str, str]]
SECRET = "eyJ-very-secret"


@pytest.fixture
def order(api: Api, package: Path) -> Order:
    version = upload(api, Package.read(package), "")
    return Order(version, {"data": "s3://b/d", "target": "y"}, runs.experiment(api, "e", "")[0])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_flaky_api_is_asked_again(api: Api, kfp: Any, order: Order, status: int) -> None:
    kfp.faults = {"POST /runs": [status, status], "GET /runs": [status], "GET /runs/.*": [status]}
    run_id = runs.start(api, order, "mine")
    assert runs.get(api, run_id).run_id == run_id
    assert len(kfp.all("runs")) == 1


def test_an_answer_that_is_lost_starts_no_second_run(api: Api, kfp: Any, order: Order) -> None:
    kfp.faults = {"POST /runs": [-500, -503]}
    run_id = runs.start(api, order, "mine")
    assert [item["run_id"] for item in kfp.all("runs")] == [run_id]
    assert kfp.asked.count("POST /runs") == 1


def test_somebody_who_is_faster_is_no_failure(api: Api, kfp: Any, package: Path) -> None:
    """Two jobs of CI at once: ours looks, the other creates, ours is refused with 409."""
    look, theirs = api.look, []

    def overtaken(doing: str, call: Any, field: str, name: str, **options: Any) -> Any:
        found = look(doing, call, field, name, **options)
        if found is None and field not in theirs:
            theirs.append(field)
            owner = {"pipeline_id": kfp.all("pipelines")[0]["pipeline_id"]} if field == "pipeline_versions" else {}
            key = "pipeline_version_id" if owner else "pipeline_id"
            kfp.add(field, key, {"display_name": name, "name": name, **owner})
        return found

    api.look = overtaken  # type: ignore[method-assign]
    version = upload(api, Package.read(package), "")
    assert not version.uploaded
    assert [item["pipeline_version_id"] for item in kfp.all("pipeline_versions")] == [version.version_id]


def test_what_is_created_is_found_on_any_page(api: Api, kfp: Any) -> None:
    ids = {name: runs.experiment(api, name, "") for name in ("a", "b", "c", "d", "e")}
    assert all(new for _, new in ids.values())
    call = api.experiments.experiment_service_list_experiments
    found = api.every("list", call, "experiments")
    assert [item.display_name for item in found] == ["a", "b", "c", "d", "e"]
    assert runs.experiment(api, "e", "") == (ids["e"][0], False)


@pytest.mark.parametrize("name", ["a+b", "100%", "é & ü", 'a "quoted" one', "a%2Bb"])
def test_any_name_is_found_again(api: Api, name: str) -> None:
    first, new = runs.experiment(api, name, "")
    assert (new, runs.experiment(api, name, "")) == (True, (first, False))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (401, "refused to look at run 'x' (401): no 401 today; it was asked with neither a token nor a cookie"),
        (403, "(403): no 403 today; it was asked with neither a token nor a cookie: have a Role bound"),
        (409, "refused to look at run 'x' (409): no 409 today"),
        (404, "(404): no 404 today"),
        ("<html>Sign in</html>", "is not the API of KFP v2: its answer is not JSON"),
        ("[]", "is not the API of KFP v2"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1"), "is not the API of KFP v2"),
    ],
)
def test_a_refusal_is_a_sentence(api: Api, kfp: Any, fault: Any, words: str) -> None:
    kfp.faults = {"GET /runs/x": [fault]}
    with pytest.raises(PipelineError) as refusal:
        runs.get(api, "x")
    assert words in str(refusal.value)
    assert kfp.url in str(refusal.value)
    assert kfp.asked == ["GET /runs/x"]


def test_patience_has_an_end(api: Api, kfp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apis, "PATIENCE_SECONDS", 0.5)
    kfp.faults = {"GET /runs/x": [500] * 1000}
    with pytest.raises(RefusalError, match=r"\(500\): no 500 today \(asked again for 0.5 s\)") as refusal:
        runs.get(api, "x")
    assert refusal.value.status == 500


def test_a_login_page_is_not_followed(api: Api, kfp: Any) -> None:
    kfp.cookie = "session=good"
    with pytest.raises(
        PipelineError, match="sends us on to https://login.example/dex/auth, as a login page"
    ) as refusal:
        api.greet("")
    assert "state=" not in str(refusal.value)
    Api(lambda: kfp.url, Login(cookie="session=good")).greet("")


def test_a_token_is_shown_and_read_anew(kfp: Any, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    api = Api(lambda: kfp.url, Login.read(file, None, {}))
    kfp.token = "first"
    api.greet("")
    kfp.token = "second"
    with pytest.raises(
        PipelineError, match=r"\(401\): Unauthenticated.*the token in '.*token', which may have expired"
    ):
        api.greet("")
    file.write_text("second\n")
    api.greet("")


@pytest.mark.parametrize(
    ("environment", "files", "words"),
    [
        ({}, {"token": None}, "the token file '.*' can't be read: No such file"),
        ({}, {"token": " \n"}, "the token file '.*' is empty"),
        ({}, {"token": "a\nb"}, "more than one line"),
        ({"SLIPWAY_KFP_TOKEN": "a\nb"}, {}, "SLIPWAY_KFP_TOKEN holds more than one line"),
        ({}, {"cookie": SECRET}, "does not hold a cookie: write it as NAME=VALUE"),
        ({"SLIPWAY_KFP_COOKIE": SECRET}, {}, "SLIPWAY_KFP_COOKIE does not hold a cookie"),
    ],
)
def test_a_secret_that_cant_be_used_is_told_without_it(
    tmp_path: Path, environment: dict[str, str], files: dict[str, str | None], words: str
) -> None:
    for name, text in files.items():
        if text is not None:
            (tmp_path / name).write_text(text)
    given = {name: tmp_path / name for name in files}
    with pytest.raises(PipelineError, match=words) as refusal:
        Login.read(given.get("token"), given.get("cookie"), environment)
    assert SECRET not in str(refusal.value)


def test_a_secret_is_in_no_repr() -> None:
    login = Login.read(None, None, {"SLIPWAY_KFP_TOKEN": SECRET, "SLIPWAY_KFP_COOKIE": f"session={SECRET}"})
    assert SECRET not in f"{login!r} {login}"
    assert str(login) == "the token in SLIPWAY_KFP_TOKEN and a cookie"


def test_a_secret_is_in_nothing_that_is_printed(
    slipway: Slipway, kfp: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_KFP_TOKEN", SECRET)
    kfp.token = SECRET
    flags = ("submit", "--endpoint", kfp.url, "--package", str(package))
    code, *said = slipway(*flags)
    assert code == 0
    kfp.token = "another"
    code, *more = slipway(*flags)
    assert code == 2
    assert "(401)" in more[1]
    assert SECRET not in "".join([*said, *more])


def test_no_kfp_is_asked_that_was_not_named(slipway: Slipway, kfp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = slipway("submit")
    assert code == 2
    assert "no KFP is named" in err
    assert "keep one of them" in slipway("submit", "--endpoint", kfp.url, "--context", "kind")[2]
    assert "should begin with https://" in slipway("submit", "--endpoint", "kfp.example")[2]
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", kfp.url)
    assert slipway("schedule", "list")[0] == 0


def test_several_users_need_a_namespace(slipway: Slipway, kfp: Any, package: Path) -> None:
    kfp.multi_user = True
    flags = ("submit", "--endpoint", kfp.url, "--package", str(package), "--no-wait")
    assert "name your namespace with --namespace" in slipway(*flags)[2]
    assert slipway(*flags, "--namespace", "team")[0] == 0
    assert kfp.all("experiments")[0]["namespace"] == kfp.all("pipelines")[0]["namespace"] == "team"


def test_while_following_the_run_goes_on(slipway: Slipway, kfp: Any, package: Path) -> None:
    kfp.faults = {"GET /runs/.*": [401]}
    code, _, err = slipway("submit", "--endpoint", kfp.url, "--package", str(package))
    assert code == 2
    assert "(401)" in err
    assert "the run goes on: " in err


@pytest.mark.usefixtures("kfp")
def test_a_port_where_nobody_listens(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    with pytest.raises(PipelineError, match=f"{url} can't be reached to tell how it is: Connection refused. Is KFP up"):
        Api(lambda: url, Login()).greet("")


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(PipelineError, match="there is no host 'kfp.example'"):
        Api(lambda: "https://kfp.example", Login()).greet("")


@pytest.fixture
def silent() -> Iterator[str]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.usefixtures("kfp")
def test_one_that_never_answers(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.orchestration.remote.client._SECONDS", (0.2, 0.2))
    with pytest.raises(PipelineError, match="did not answer in time when it was asked to tell how it is"):
        Api(lambda: silent, Login()).greet("")


def test_a_proxy_of_the_environment_is_on_the_way(slipway: Slipway, kfp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", kfp.url)
    monkeypatch.setenv("no_proxy", "internal.example")
    assert slipway("schedule", "list", "--endpoint", "http://kfp.invalid")[0] == 0
    assert kfp.asked == ["GET /healthz", "GET /recurringruns"]
    for url in ("http://127.0.0.1:8888", "http://localhost:8888", "http://[::1]:8888", "http://internal.example"):
        assert proxy_of(url) == ""


needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "both.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    made = subprocess.run(
        [*command.split(), "-keyout", path, "-out", tmp_path / "cert"], capture_output=True, check=True
    )
    assert made.returncode == 0
    path.write_text(path.read_text() + (tmp_path / "cert").read_text())
    return path


@pytest.fixture
def encrypted(kfp: Any, certificate: Path) -> Iterator[str]:
    """A KFP that speaks TLS, with a certificate that nobody knows."""
    handler = kfp.handler
    server = HTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=partial(server.serve_forever, 0.01), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@needs_openssl
def test_a_certificate_that_is_not_known(encrypted: str, certificate: Path) -> None:
    with pytest.raises(PipelineError, match="CERTIFICATE_VERIFY_FAILED.*with --ca-file FILE"):
        Api(lambda: encrypted, Login()).greet("")
    Api(lambda: encrypted, Login(), certificate).greet("")
    with pytest.raises(PipelineError, match="there is no file 'nope.pem' with authorities"):
        Api(lambda: encrypted, Login(), Path("nope.pem"))


def test_tls_where_there_is_none(kfp: Any) -> None:
    url = kfp.url.replace("http:", "https:")
    with pytest.raises(PipelineError, match="write http:// instead of https://"):
        Api(lambda: url, Login()).greet("")
