import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from slipway.bundle import archive, signature
from slipway.bundle.fetch import fetch
from slipway.bundle.load import load
from slipway.bundle.manifest import FILE, read
from slipway.errors import BundleError, StorageError


def in_parts(bundle: Path, folder: Path) -> Path:
    folder.mkdir()
    for name, data in archive.split(archive.pack(bundle), 2000).items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(params=["a folder", "parts"])
def source(request: pytest.FixtureRequest, bundle: Path, tmp_path: Path) -> Path:
    return bundle if request.param == "a folder" else in_parts(bundle, tmp_path / "parts")


def test_a_bundle_is_brought_here(source: Path, bundle: Path, tmp_path: Path) -> None:
    digest = load(bundle).manifest.digest

    here = fetch(str(source), tmp_path / "deep" / "here", digest)

    assert load(here, digest).manifest == load(bundle).manifest
    assert not [path for path in here.iterdir() if path.name.startswith(".")]


def test_a_uri_and_an_empty_folder_will_do(source: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()

    assert load(fetch(source.as_uri(), tmp_path / "here")).manifest.name == "model"


def test_fetching_again_changes_nothing(source: Path, tmp_path: Path) -> None:
    fetch(str(source), tmp_path / "here")
    fetch(str(source), tmp_path / "here")

    load(tmp_path / "here")


def test_what_a_killed_fetch_left_is_removed(source: Path, tmp_path: Path) -> None:
    left = tmp_path / "here" / ".0123456789ab.partial"
    left.mkdir(parents=True)
    (left / "model.onnx").write_bytes(b"half")

    load(fetch(str(source), tmp_path / "here"))

    assert not left.exists()


def test_a_folder_with_other_files_is_refused_and_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "here" / "native").mkdir(parents=True)
    (tmp_path / "here" / "native" / "mine.txt").write_text("mine")

    with pytest.raises(StorageError, match=r"holds other files: native/mine\.txt; name an empty folder"):
        fetch(str(source), tmp_path / "here")

    assert [path for path in (tmp_path / "here").rglob("*") if path.is_file()] == [
        tmp_path / "here" / "native" / "mine.txt"
    ]


def test_another_digest_brings_nothing(source: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="but 000000000000 is asked for"):
        fetch(str(source), tmp_path / "here", "0" * 64)

    assert list((tmp_path / "here").iterdir()) == []


def test_a_damaged_bundle_brings_nothing(bundle: Path, tmp_path: Path) -> None:
    (bundle / "card.md").write_text("another card")

    with pytest.raises(BundleError, match=r"was changed: card\.md"):
        fetch(str(bundle), tmp_path / "here")

    assert list((tmp_path / "here").iterdir()) == []


def test_nothing_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is nothing at"):
        fetch(str(tmp_path / "nowhere"), tmp_path / "here")


def test_a_file_in_the_place_of_the_folder_is_told(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "here").write_text("a file")

    with pytest.raises(StorageError, match=r"'.*here' can't be written"):
        fetch(str(bundle), tmp_path / "here")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-m", "slipway.bundle.fetch", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_brings_a_bundle(source: Path, bundle: Path, tmp_path: Path) -> None:
    digest = load(bundle).manifest.digest

    done = run(str(source), str(tmp_path / "here"), "--digest", digest)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    load(tmp_path / "here", digest)


def test_the_command_exits_with_2_and_one_line_on_another_digest(bundle: Path, tmp_path: Path) -> None:
    done = run(str(bundle), str(tmp_path / "here"), "--digest", "0" * 64)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("slipway: bundle ")
    assert done.stderr.endswith("but 000000000000 is asked for\n")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "here" / "bundle.json").exists()


class Unlisted(SimpleHTTPRequestHandler):
    """Serves files, and no list of them."""

    def list_directory(self, path: Any) -> None:  # noqa: ARG002
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass


@pytest.fixture
def web(bundle: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Unlisted, directory=str(bundle.parent)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{bundle.name}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bundle_behind_a_web_server_is_brought_here(web: str, bundle: Path, tmp_path: Path) -> None:
    assert load(fetch(web, tmp_path / "here")).manifest == load(bundle).manifest
    public = signature.new_key(tmp_path / "key")
    signature.sign(str(bundle), tmp_path / "key")
    load(fetch(web, tmp_path / "again"), public_key=public)


def test_nothing_at_a_web_server_is_told(web: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=f"there is nothing at '{web}/deeper/bundle.json'"):
        fetch(f"{web}/deeper", tmp_path / "here")


def test_a_name_that_leads_out_of_the_folder_is_never_written(web: str, bundle: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    known = read(bundle)
    (bundle / FILE).write_text(replace(known, files={**known.files, "../outside": "0"}).to_json())
    with pytest.raises(BundleError, match="leads out of its folder"):
        fetch(web, tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []
