"""What is wrong with a table is said in a sentence, and nothing half-written is left."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from slipway.errors import DataError, GateError, SlipwayError, StorageError

ROWS = 80


def csv(header: str, row: Callable[[int], str], rows: int = ROWS) -> str:
    return "\n".join([header, *(row(i) for i in range(rows))]) + "\n"


GOOD = csv("x,y", lambda i: f"{i % 7},{i % 2}")


def with_row(row: str) -> str:
    lines = GOOD.splitlines()
    return "\n".join([*lines[:8], row, *lines[8:]]) + "\n"


BAD_CSV = {
    "empty file": ("", ["'", "data.csv' is empty", "a header and rows"]),
    "no header": ("\n\n", ["'data.csv' has no header", "name the columns"]),
    "header only": ("x,y\n", ["'data.csv' has a header but no rows"]),
    "header only, no newline": ("x,y", ["'data.csv' has a header but no rows"]),
    "unnamed column": (csv("x,,y", lambda i: f"{i},1,{i % 2}"), ["no name for column 2 of 3", "name or remove it"]),
    "duplicate names": (csv("x,x,y", lambda i: f"{i},1,{i % 2}"), ["two columns named 'x'", "rename or remove"]),
    "constant target": (csv("x,y", lambda i: f"{i},7"), ["target 'y' is constant", "every row has 7"]),
    "date as target": (csv("x,y", lambda i: f"{i},2026-01-{i % 28 + 1:02d}"), ["target 'y' is a date", "derive"]),
    "class with two rows": (
        csv("x,y", lambda i: f"{i},{'rare' if i < 2 else 'ab'[i % 2]}"),
        ["class 'rare' of target 'y' has 2 rows", "at least 5", "merge the class"],
    ),
    "one word among numbers": (
        with_row("oops,1"),
        ["column 'x' mixes kinds", "row 8: 'oops'", "types: {'x': category}"],
    ),
    "one date that is none": (
        csv("x,y", lambda i: f"{'2026-02-31' if i == 3 else '2026-02-01'},{i % 2}"),
        ["column 'x' mixes kinds", "row 4: '2026-02-31'"],
    ),
    "dates written in two ways": (
        csv("x,y", lambda i: f"{'05.02.2026' if i == 3 else '2026-02-01'},{i % 2}"),
        ["column 'x' writes its dates in several ways", "79 of 80", "2026-11-21"],
    ),
    "integers beyond 2^53": (
        csv("x,y", lambda i: f"{2**53 + i},{i % 2}"),
        ["column 'x'", "beyond 2^53", "row 2: 9007199254740993", "identifiers"],
    ),
    "integers beyond 2^63": (csv("x,y", lambda i: f"{2**70},{i % 2}"), ["column 'x'", f"row 1: {2**70}"]),
    "too many fields": (with_row("1,2,3"), ["'data.csv', line 9: 3 fields", "header has 2", "without quotes"]),
    "too few fields": (with_row("1"), ["'data.csv', line 9: 1 fields", "header has 2"]),
    "quote never closed, first column": (with_row('"1,1'), ["'data.csv', line 9", "a quote never closed"]),
    "quote never closed, last column": (with_row('1,"1'), ["'data.csv' has a quote that is never closed"]),
    "quote never closed, header": ('"' + GOOD, ["'data.csv' has a quote that is never closed"]),
    "not text": (b"\x89PNG\x00\x01" * 99, ["'data.csv' is not text", "UTF-8"]),
    "UTF-16": (GOOD.encode("utf-16"), ["'data.csv' is not text", "UTF-8"]),
    "neither UTF-8 nor Latin-1": (GOOD.replace("3,", "\x81,").encode("latin-1"), ["neither UTF-8 nor Latin-1"]),
    "target alone": (csv("y", lambda i: str(i % 2)), ["no column is left to predict 'y'"]),
}


@pytest.mark.parametrize(("data", "words"), BAD_CSV.values(), ids=BAD_CSV.keys())
def test_a_bad_csv_is_refused(check: Any, out: Path, data: bytes | str, words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        check(data)
    assert [word for word in words if word not in str(error.value)] == []
    assert list(out.iterdir()) == []


BAD_FIELDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown target": (
        {"target": "yy"},
        ["'yy' is not in the data", "'target' names it", "did you mean 'y'", "'x', 'y'"],
    ),
    "unknown type": ({"types": {"xx": "number"}}, ["'xx' is not in the data", "did you mean 'x'"]),
    "unknown identifier": ({"identifiers": ["xx"]}, ["'xx' is not in the data", "did you mean 'x'"]),
    "unknown sensitive": ({"sensitive": ["z"]}, ["'z' is not in the data", "'sensitive' names it"]),
    "target under identifiers": ({"identifiers": ["y"]}, ["'y' is not in the data", "under 'identifiers'"]),
    "target is sensitive": ({"sensitive": ["y"]}, ["'y' is the target"]),
    "every input left out": ({"identifiers": ["x"]}, ["no column is left", "'x': identifier"]),
    "kind that does not fit": ({"types": {"x": "date"}}, ["'x' is to be of kind date", "'0'", "'types'"]),
    "positive class": ({"positive": "2"}, ["class '2' is not in the target", "'0', '1'"]),
}


@pytest.mark.parametrize(("fields", "words"), BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_a_spec_that_does_not_fit_is_refused(check: Any, out: Path, fields: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(DataError) as error:
        check(GOOD, **fields)
    assert [word for word in words if word not in str(error.value)] == []
    assert list(out.iterdir()) == []


def test_a_missing_file_names_the_nearest(check: Any, tmp_path: Path, out: Path) -> None:
    (tmp_path / "customers.csv").write_text(GOOD)
    with pytest.raises(DataError, match=r"there is no file at '.*custmers.csv'; did you mean 'customers.csv'\?"):
        check(tmp_path / "custmers.csv")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("data.xlsx", b"PK", "data.xlsx' is not a table that can be read: the name should end in one of .csv"),
        ("data.parquet", GOOD.encode(), "'data.parquet' is no Parquet file, or it is damaged"),
        ("data.csv.gz", GOOD.encode(), "'data.csv.gz' can't be read"),
        ("data.csv.gz", gzip.compress(GOOD.encode() * 99)[:-40], "'data.csv.gz' can't be read: Truncated"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(check: Any, out: Path, name: str, data: bytes, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        check(data, name)
    assert list(out.iterdir()) == []


def test_a_target_that_is_mostly_missing_is_beyond_a_gate(check: Any, out: Path) -> None:
    with pytest.raises(GateError, match=r"75 of 100 rows have no 'y'; quality.max_dropped_share allows 50%"):
        check(csv("x,y", lambda i: f"{i},{'' if i % 4 else i % 8}", 100), quality={"min_rows": 10})
    assert [path.name for path in out.iterdir()] == ["findings"]


def test_too_few_rows_are_beyond_a_gate(check: Any, out: Path) -> None:
    with pytest.raises(GateError, match=r"20 rows can be used; quality.min_rows asks for 50"):
        check(csv("x,y", lambda i: f"{i},{i % 2}", 20))
    assert [path.name for path in out.iterdir()] == ["findings"]


def test_a_folder_that_cannot_be_written_is_named(check: Any, out: Path) -> None:
    out.rmdir()
    out.write_text("a file")  # refused to root too, unlike a folder without permission
    with pytest.raises(StorageError, match=r"out/table' can't be written: Not a directory"):
        check(GOOD)
    assert out.read_text() == "a file"


LABELS = [i % 2 for i in range(ROWS)]
BAD_PARTS: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "number and text": ([{"x": [1.5] * ROWS}, {"x": ["a"] * ROWS}], ["'x' is number", "category in '1.parquet'"]),
    "other columns": ([{"x": LABELS}, {"z": LABELS}], ["'1.parquet'", "lacks ['x'] and adds ['z']"]),
    "a list": ([{"x": [[1]] * ROWS}], ["column 'x' of file '0.parquet' holds list", "identifiers"]),
    "large integers": ([{"x": LABELS}, {"x": [2**53 + 1] * ROWS}], ["'x'", "row 1 of 1.parquet: 9007199254740993"]),
}


@pytest.mark.parametrize(("parts", "words"), BAD_PARTS.values(), ids=BAD_PARTS.keys())
def test_parts_that_do_not_fit_are_refused(
    check: Any, tmp_path: Path, out: Path, parts: list[dict[str, Any]], words: list[str]
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for place, part in enumerate(parts):
        pq.write_table(pa.table({**part, "y": LABELS}), folder / f"{place}.parquet")
    with pytest.raises(SlipwayError) as error:
        check(folder)
    assert [word for word in words if word not in str(error.value)] == []
    assert list(out.iterdir()) == []
