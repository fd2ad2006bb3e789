import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
import pytest

from slipway.data import storage
from slipway.data.source import open_table
from slipway.errors import StorageError


@pytest.fixture(params=["local", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "store") if request.param == "local" else str(request.getfixturevalue("bucket")) + "/store"


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def attempt(place: tuple[str, int]) -> bool:
    uri, writer = place
    return storage.create(uri, b"%d" % writer)


def test_what_is_written_can_be_read_and_replaced(root: str) -> None:
    uri = storage.join(root, "a", "b.txt")
    assert not storage.exists(uri)
    for data in (b"one", b"two"):
        storage.write_bytes(uri, data)
        assert storage.exists(uri)
        assert storage.read_bytes(uri) == data
    assert storage.names(storage.join(root, "a")) == ["b.txt"]


def test_what_is_not_there(root: str) -> None:
    assert storage.names(root) == []
    with pytest.raises(StorageError, match=r"there is nothing at '.*nothing.txt'"):
        storage.read_bytes(storage.join(root, "nothing.txt"))
    with pytest.raises(StorageError, match=r"there is nothing at '.*store'"):
        storage.download(root, Path("unused"))


def test_one_of_many_threads_creates(root: str) -> None:
    uri = storage.join(root, "entry")
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(attempt, [(uri, writer) for writer in range(8)]))
    assert won.count(True) == 1
    assert storage.read_bytes(uri) == b"%d" % won.index(True)
    assert storage.names(root) == ["entry"]


def test_one_of_many_processes_creates(tmp_path: Path) -> None:
    code = (
        "import sys; from slipway.data import storage\n"
        "for entry in range(20): print(int(storage.create(f'{sys.argv[1]}/entry-{entry}', sys.argv[2].encode())))"
    )
    commands = [[sys.executable, "-c", code, str(tmp_path), str(writer)] for writer in range(4)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    won = [process.communicate()[0].split() for process in running]
    for entry in range(20):
        winners = [writer for writer in range(4) if won[writer][entry] == "1"]
        assert [str(writer).encode() for writer in winners] == [(tmp_path / f"entry-{entry}").read_bytes()]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = str(tmp_path / "file")
    storage.write_bytes(uri, b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")  # a full disk can't be had here

    monkeypatch.setattr(os, "fsync", full)
    for write in (storage.write_bytes, storage.create):
        with pytest.raises(StorageError, match="file' can't be written: No space left on device"):
            write(uri, b"after")
    assert files(tmp_path) == {"file": b"before"}


def test_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    storage.write_bytes(str(tmp_path / "file"), b"")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"file/below' can't be written"):
        storage.write_bytes(str(tmp_path / "file" / "below"), b"x")


def test_a_folder_goes_up_and_comes_down(root: str, tmp_path: Path) -> None:
    content = {"a.txt": b"a", "below/b c.bin": bytes(range(256)), "below/deep/ü": b"", ".hidden": b"h"}
    for name, data in content.items():
        path = tmp_path / "up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    storage.upload(tmp_path / "up", root)
    assert storage.names(root) == [".hidden", "a.txt", "below"]
    storage.download(root, tmp_path / "down")
    assert files(tmp_path / "down") == content


def test_what_an_interrupted_writer_left_is_not_there(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    (store / "whole").write_bytes(b"1")
    (store / ".torn.0123456789ab.partial").write_bytes(b"2")
    assert storage.names(str(store)) == ["whole"]
    storage.download(str(store), tmp_path / "down")
    assert files(tmp_path / "down") == {"whole": b"1"}


def test_a_place_for_downloads_that_cannot_be_written(root: str, tmp_path: Path) -> None:
    storage.write_bytes(storage.join(root, "x"), b"x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match=r"file/x' can't be written"):
        storage.download(root, tmp_path / "file")


def test_what_another_program_wrote_is_seen_at_once(bucket: str) -> None:
    assert storage.names(bucket) == []
    client = boto3.client("s3")
    client.put_object(Bucket="bucket", Key="new", Body=b"1")
    assert storage.names(bucket) == ["new"]
    assert storage.exists(f"{bucket}/new")
    client.put_object(Bucket="bucket", Key="newer.csv", Body=b"x\n1\n")
    assert open_table(f"{bucket}/newer.csv").columns == {"x": "integer"}
    assert storage.names(bucket) == ["new", "newer.csv"]
    client.put_object(Bucket="bucket", Key="new", Body=b"2")
    assert storage.read_bytes(f"{bucket}/new") == b"2"
    client.close()


def test_a_table_in_a_bucket(bucket: str) -> None:
    for part in range(3):
        storage.write_bytes(f"{bucket}/parts/{part}.csv", b"x,y\n%d,a\n" % part)
    for uri in (f"{bucket}/parts", f"{bucket}/parts/*.csv"):
        source = open_table(uri)
        assert source.columns == {"x": "integer", "y": "category"}
        assert [value for batch in source.batches() for value in batch["x"]] == [0, 1, 2]
    with pytest.raises(Exception, match=r"no file at 's3://bucket/parts/11.csv'; did you mean '1.csv'\?"):
        open_table(f"{bucket}/parts/11.csv")


def test_a_bucket_that_is_not_there(bucket: str) -> None:
    with pytest.raises(StorageError, match="'s3://bucket-2/x' can't be written: its place does not exist"):
        storage.write_bytes("s3://bucket-2/x", b"")


def test_without_credentials_a_bucket_is_no_surprise(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from s3fs import S3FileSystem

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    S3FileSystem.clear_instance_cache()
    with pytest.raises(StorageError, match=f"'{bucket}/x.csv' can't be read: Unable to locate credentials"):
        open_table(f"{bucket}/x.csv")


def test_unknown_schemes_are_named() -> None:
    with pytest.raises(StorageError, match=r"scheme that is not known: 'zz'; known are: .*s3"):
        storage.filesystem("zz://bucket/x")


def test_a_scheme_without_its_package_says_what_to_install() -> None:
    with pytest.raises(StorageError, match=r"pip install 'kfp-slipway\[gs\]'"):
        storage.filesystem("gs://bucket/x")
