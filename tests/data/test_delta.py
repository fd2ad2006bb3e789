"""A Delta Lake table as a table."""

import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from slipway.data.fingerprint import fingerprint
from slipway.data.source import open_table
from slipway.errors import DataError, SpecError
from slipway.spec import Origin
from slipway.steps.contract import TableContract
from slipway.steps.validate import validate

FRAME = pl.DataFrame({"x": range(300), "city": ["a", "b", "c"] * 100, "y": ["n", "y"] * 150})


@pytest.fixture
def uri(tmp_path: Path) -> str:
    path = str(tmp_path / "sales")
    write_deltalake(path, FRAME.to_arrow(), partition_by=["city"])
    write_deltalake(path, FRAME.with_columns(x=pl.col("x") + 1000).to_arrow(), mode="append")
    return path


def rows(uri: str, **origin: Any) -> pl.DataFrame:
    return pl.concat(list(open_table(uri, origin=Origin(**origin)).batches())).sort("x")


def test_the_newest_version_is_read_unless_another_is_named(uri: str) -> None:
    assert open_table(uri).columns == {"x": "integer", "city": "category", "y": "category"}
    assert rows(uri, version=0).equals(FRAME)
    assert len(rows(uri)) == 600


def test_rows_that_were_deleted_are_not_read(uri: str) -> None:
    DeltaTable(uri).delete("x >= 1000")
    assert rows(uri).equals(FRAME)


def test_the_fingerprint_is_of_the_rows_not_of_the_files(uri: str) -> None:
    before = fingerprint(uri)
    assert fingerprint(uri, Origin(version=0)) != before
    DeltaTable(uri).optimize.compact()
    assert fingerprint(uri) == before
    write_deltalake(uri, FRAME.head(1).to_arrow(), mode="append")
    assert fingerprint(uri) != before


def test_a_delta_table_goes_through_validate(uri: str, tmp_path: Path) -> None:
    places = {name: str(tmp_path / name) for name in ("table", "contract", "findings")}
    validate({"data": uri, "target": "y", "origin": {"version": 0}}, **places)
    contract = TableContract.read(tmp_path / "contract")
    assert contract.rows == 300
    assert contract.fingerprint == fingerprint(uri, Origin(version=0))


def test_a_version_that_is_not_there_is_told(uri: str) -> None:
    with pytest.raises(SpecError, match="has no version 7; the newest is 1"):
        open_table(uri, origin=Origin(version=7))


def test_a_damaged_log_is_told(uri: str) -> None:
    for path in Path(uri, "_delta_log").glob("*.json"):
        path.write_text("{")
    with pytest.raises(DataError, match="can't be read"):
        open_table(uri)


def test_without_deltalake_the_command_to_install_it_is_told(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)
    with pytest.raises(SpecError, match=r"pip install 'kfp-slipway\[delta\]'"):
        open_table(uri)
