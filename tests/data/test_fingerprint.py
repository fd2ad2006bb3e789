from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.fingerprint import fingerprint
from slipway.errors import DataError


def write(folder: Path, contents: list[bytes], prefix: str = "part") -> str:
    folder.mkdir(parents=True)
    for place, content in enumerate(contents):
        (folder / f"{prefix}-{place}.csv").write_bytes(content)
    return str(folder)


@settings(max_examples=40)
@given(contents=st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=4), place=st.integers(0))
def test_content_counts_and_names_do_not(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes], place: int
) -> None:
    root = tmp_path_factory.mktemp("data")
    before = fingerprint(write(root / "one", contents))
    assert fingerprint(write(root / "two" / "deeper", contents[::-1], "other")) == before
    index = place % len(contents)
    changed = [*contents[:index], contents[index] + b"!", *contents[index + 1 :]]
    assert fingerprint(write(root / "three", changed)) != before
    assert fingerprint(write(root / "four", [*contents, contents[0]])) != before


def test_a_file_has_the_fingerprint_of_its_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", [b"x,y\n1,2\n"])
    assert fingerprint(folder) == fingerprint(f"{folder}/part-0.csv") == fingerprint(f"{folder}/*.csv")


def test_a_file_is_the_same_in_a_bucket(bucket: str, tmp_path: Path) -> None:
    from slipway.data import storage

    folder = write(tmp_path / "data", [b"x,y\n1,2\n", b"x,y\n3,4\n"])
    storage.upload(Path(folder), f"{bucket}/data")
    assert fingerprint(f"{bucket}/data") == fingerprint(folder)


def test_no_file_has_no_fingerprint(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no table"):
        fingerprint(str(tmp_path))
