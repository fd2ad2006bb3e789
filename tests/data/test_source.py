"""However a table is written and cut into parts, the same frame comes out."""

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slipway.data import cast as casts
from slipway.data import csv, table
from slipway.data.source import Source, open_table
from slipway.errors import DataError

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1, max_size=6)
ROW = st.fixed_dictionaries(
    {
        "number": st.none() | st.floats(-1e12, 1e12),
        "integer": st.none() | st.integers(-(2**53), 2**53),
        "boolean": st.none() | st.booleans(),
        "category": st.none() | TEXT.map(lambda text: f'{text}, "{text}"\nend'),
        "date": st.none() | st.datetimes(datetime(1000, 1, 1), datetime(9999, 1, 1)),
    }
)
# the first two rows make the kinds plain
ROWS = st.lists(ROW, max_size=20).map(
    lambda rows: [
        {"number": 0.5, "integer": 1, "boolean": True, "category": "a", "date": datetime(2026, 1, 1)},
        {"number": -2.5, "integer": 2, "boolean": False, "category": "b", "date": datetime(2026, 1, 2)},
        *rows,
    ]
)
PARTS = st.lists(st.integers(0, 22), max_size=3).map(sorted)
few = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow], deadline=None)

TYPES = {name: kind for name, kind in casts.TYPES.items() if name != "text"}
"""Kinds that are found; text is only ever named."""


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: TYPES[name] for name in TYPES})


def cut(frame: pl.DataFrame, places: list[int]) -> list[pl.DataFrame]:
    ends = [0, *places, len(frame)]
    return [frame[low:high] for low, high in pairwise(ends)]


def read(source: Source) -> pl.DataFrame:
    return pl.concat(list(source.batches()))


def write_csv(folder: Path, frames: list[pl.DataFrame], separator: str) -> str:
    for place, frame in enumerate(frames):
        path = folder / f"{place}.csv"
        frame.write_csv(path, separator=separator, datetime_format="%Y-%m-%dT%H:%M:%S%.f", include_bom=place % 2 == 0)
    return str(folder)


def write_parquet(folder: Path, frames: list[pl.DataFrame]) -> str:
    for place, frame in enumerate(frames):
        frame.write_parquet(folder / f"{place}.parquet")
    return str(folder)


@few
@given(rows=ROWS, places=PARTS, separator=st.sampled_from(",;\t|"))
def test_csv_round_trip_in_any_parts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], places: list[int], separator: str
) -> None:
    frame = frame_of(rows)
    source = open_table(write_csv(tmp_path_factory.mktemp("csv"), cut(frame, places), separator))
    assert source.columns == {name: name for name in TYPES}
    assert read(source).equals(frame)


@few
@given(rows=ROWS, places=PARTS)
def test_parquet_round_trip_in_any_parts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], places: list[int]
) -> None:
    frame = frame_of(rows)
    source = open_table(write_parquet(tmp_path_factory.mktemp("parquet"), cut(frame, places)))
    assert source.columns == {name: name for name in TYPES}
    assert read(source).equals(frame)


@few
@given(rows=ROWS, places=PARTS)
def test_table_round_trip_in_any_parts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], places: list[int]
) -> None:
    frame, folder = frame_of(rows), tmp_path_factory.mktemp("table") / "here"
    assert table.write(cut(frame, places), folder) == table.rows(folder) == len(frame)
    assert table.read(folder).equals(frame)
    assert table.read(folder, ["date", "number"]).equals(frame[["date", "number"]])


def test_small_batches_give_the_same_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["a", "b,c", 'd"e', "f\ng", None]
    frame = pl.DataFrame({"x": range(5000), "z": [words[i % 5] for i in range(5000)]})
    frame.write_csv(tmp_path / "data.csv")
    frame.write_parquet(tmp_path / "data.parquet")
    monkeypatch.setattr(csv, "_BLOCK", 1000)
    monkeypatch.setattr(table, "BATCH_ROWS", 7)
    for name in ("data.csv", "data.parquet"):
        source = open_table(str(tmp_path / name))
        assert len(list(source.batches())) > 10
        assert read(source).equals(frame)


def test_a_large_file_comes_in_several_batches(tmp_path: Path) -> None:
    frame = pl.DataFrame({"x": range(100_000), "z": [f"{i:0100d}" for i in range(100_000)]})
    frame.write_csv(tmp_path / "data.csv")
    batches = list(open_table(str(tmp_path / "data.csv")).batches())
    assert len(batches) > 1
    assert pl.concat(batches).equals(frame)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ("größe,y\nä,1\n".encode("latin-1"), "data.csv is not UTF-8; it was read as cp1252 (Latin-1)"),
        ("größe,y\nä,1\n".encode("utf-8-sig"), None),
        ('"größe",y\n"ä",1\n'.encode("utf-8-sig"), None),
        ("größe;y\nä;1\n".encode(), "data.csv separates its fields by ';'"),
        ("größe\ty\r\nä\t1\r\n".encode(), "data.csv separates its fields by '\\t'"),
        (" größe , y \n ä , 1 \n".encode(), None),
        ("größe,y\rä,1\r".encode(), None),
        ("größe,y\n\nä,1\n\n\n".encode(), None),
        ("größe,y\nä,1".encode(), None),
    ],
)
def test_csv_as_it_comes(tmp_path: Path, data: bytes, note: str | None) -> None:
    (tmp_path / "data.csv").write_bytes(data)
    source = open_table(str(tmp_path / "data.csv"))
    assert read(source).to_dicts() == [{"größe": "ä", "y": 1}]
    assert source.notes == ((note,) if note else ())


def test_a_decimal_comma(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x;y\n1,5;1\n1.234,5;2\n3;3\n")
    assert read(open_table(str(tmp_path / "data.csv")))["x"].to_list() == [1.5, 1234.5, 3.0]


def test_dates_whose_day_and_month_cannot_be_told_apart_are_noted(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x,y\n01/02/2026,1\nNA,2\n03/04/2026,3\n")
    source = open_table(str(tmp_path / "data.csv"))
    assert source.columns["x"] == "category"
    assert source.notes == ("column 'x' holds dates whose day and month can't be told apart; write them as 2026-11-21",)


@pytest.mark.parametrize("first", [0, 1])
def test_a_part_without_values_takes_the_kind_of_the_others(tmp_path: Path, first: int) -> None:
    pq.write_table(pa.table({"x": pa.nulls(2)}), tmp_path / f"{first}.parquet")
    pq.write_table(pa.table({"x": [1.5, 2.5]}), tmp_path / f"{1 - first}.parquet")
    source = open_table(str(tmp_path))
    assert source.columns == {"x": "number"}
    assert sorted(read(source)["x"].drop_nulls()) == [1.5, 2.5]
    assert read(source)["x"].dtype == pl.Float64


def test_integers_and_numbers_across_parts_are_numbers(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"x": [1.5]}), tmp_path / "1.parquet")
    assert read(open_table(str(tmp_path)))["x"].to_list() == [1.0, 2.0, 1.5]


def test_a_given_kind_settles_parts_that_differ(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"x": ["3", "b"]}), tmp_path / "1.parquet")
    source = open_table(str(tmp_path), {"x": "category"})
    assert read(source)["x"].to_list() == ["1", "2", "3", "b"]


def test_text_in_parquet_is_read_in_one_way_throughout(tmp_path: Path) -> None:
    pq.write_table(pa.table({"d": ["1/2/2026"], "n": ["1"]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"d": ["31/1/2026"], "n": ["2,5"]}), tmp_path / "1.parquet")
    frame = read(open_table(str(tmp_path), {"d": "date", "n": "number"}))
    assert frame["d"].to_list() == [datetime(2026, 2, 1), datetime(2026, 1, 31)]
    assert frame["n"].to_list() == [1.0, 2.5]


def test_large_integers_may_be_rounded_where_that_is_asked_for(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [2**53 + 1]}), tmp_path / "data.parquet")
    (tmp_path / "data.csv").write_text(f"x\n{2**53 + 1}\n")
    for name in ("data.parquet", "data.csv"):
        assert read(open_table(str(tmp_path / name), {"x": "number"}))["x"].to_list() == [2.0**53]
        with pytest.raises(DataError, match=r"beyond 2\^53"):
            open_table(str(tmp_path / name), {"x": "integer"})


def test_a_name_with_brackets_is_a_name_first(tmp_path: Path) -> None:
    (tmp_path / "data[1].csv").write_text("x\n1\n")
    assert open_table(str(tmp_path / "data[1].csv")).columns == {"x": "integer"}


def test_hidden_and_other_files_of_a_folder_are_no_parts(tmp_path: Path) -> None:
    (tmp_path / "part.csv").write_text("x\n1\n")
    for name in ("_SUCCESS", ".part.csv.crc", "_temporary.csv", "readme.md"):
        (tmp_path / name).touch()
    assert read(open_table(str(tmp_path)))["x"].to_list() == [1]


def test_csv_and_parquet_side_by_side_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("x\n1\n")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "data.parquet")
    with pytest.raises(DataError, match=r"both CSV and Parquet; name one kind"):
        open_table(str(tmp_path))


def test_numbers_in_one_file_and_text_in_another_are_noted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,1\n2,2\n")
    (tmp_path / "b.csv").write_text("x,y\nred,1\nblue,2\n")
    source = open_table(str(tmp_path))
    assert source.columns == {"x": "category", "y": "integer"}
    assert source.notes == (
        "column 'x' holds numbers in a.csv and text in b.csv, so it is taken for a category; mend one of them, "
        "or say so with types: {'x': category}",
    )
    assert open_table(str(tmp_path), {"x": "category"}).notes == ()


def test_an_unknown_identifier_of_a_parquet_file_is_told_and_a_list_can_be_left_out(tmp_path: Path) -> None:
    pl.DataFrame({"tags": [["a"], ["b"]], "x": [1, 2]}).write_parquet(tmp_path / "data.parquet")
    assert open_table(str(tmp_path / "data.parquet"), ignore=["tags"]).columns == {"x": "integer"}
    with pytest.raises(DataError, match="column 'Tagz' is not in the data; did you mean 'tags'"):
        open_table(str(tmp_path / "data.parquet"), ignore=["Tagz"])
