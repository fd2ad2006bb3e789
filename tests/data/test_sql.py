"""A query as a table, on a real database."""

import sqlite3
import sys
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy

from slipway.data import sql, storage
from slipway.data.fingerprint import fingerprint
from slipway.data.source import open_table
from slipway.errors import DataError, SlipwayError, SpecError
from slipway.spec import Origin
from slipway.steps.contract import TableContract
from slipway.steps.validate import validate

ROWS = 500
QUERY = "SELECT * FROM sales ORDER BY id"


@pytest.fixture
def url(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("CREATE TABLE sales (id INTEGER, amount REAL, city TEXT, late, y TEXT)")
        rows = [
            (i, None if i % 7 == 0 else i / 4, f"c{i % 5}", None if i < 450 else i, "ny"[i % 2]) for i in range(ROWS)
        ]
        database.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", rows)
        database.commit()
    return f"sqlite:///{tmp_path / 'shop.db'}"


def changed(url: str, statement: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
        database.execute(statement)
        database.commit()


def test_a_query_is_read_in_batches_with_its_types(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_table(url, origin=Origin(query=QUERY))
    assert whole.columns == {
        "id": "integer", "amount": "number", "city": "category", "late": "integer", "y": "category",
    }  # fmt: skip
    monkeypatch.setattr(sql, "_BATCH_ROWS", 64)
    cut = open_table(url, origin=Origin(query=QUERY))
    assert cut.columns == whole.columns
    assert pl.concat(list(cut.batches())).equals(pl.concat(list(whole.batches())))
    assert sum(len(frame) for frame in whole.batches()) == ROWS


def test_what_was_read_does_not_change_any_more(url: str) -> None:
    source = open_table(url, origin=Origin(query=QUERY))
    before = pl.concat(list(source.batches()))
    changed(url, "DELETE FROM sales WHERE id > 9")
    assert pl.concat(list(source.batches())).equals(before)


def test_the_fingerprint_is_of_the_rows_in_any_order(url: str) -> None:
    before = fingerprint(url, Origin(query=QUERY))
    assert fingerprint(url, Origin(query="SELECT y, city, late, amount, id FROM sales ORDER BY id")) == before
    assert fingerprint(url, Origin(query="SELECT * FROM sales WHERE id < 9")) != before
    assert fingerprint(url, Origin(query=f"{QUERY} DESC")) == before
    changed(url, "UPDATE sales SET amount = 0.125 WHERE id = 9")
    assert fingerprint(url, Origin(query=QUERY)) != before


def test_a_query_goes_through_validate(url: str, tmp_path: Path) -> None:
    fields = {"data": url, "target": "y", "identifiers": ["id"], "origin": {"query": QUERY}}
    places = {name: str(tmp_path / name) for name in ("table", "contract", "findings")}
    validate(fields, **places)
    contract = TableContract.read(tmp_path / "contract")
    assert contract.rows == ROWS
    assert contract.fingerprint == fingerprint(url, Origin(query=QUERY))
    changed(url, "DELETE FROM sales WHERE id = 9")
    with pytest.raises(DataError, match="changed while the run was under way"):
        validate(fields, fingerprint=contract.fingerprint, **places)


def test_types_of_other_databases_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "price": [Decimal("1.50"), None, Decimal("2")],
        "when": [datetime(2026, 1, 1), datetime(2026, 1, 2), None],
        "mixed": [1, "one", None],
        "wide": [1, 2.5, None],
    }
    made = pl.DataFrame([sql._column(name, held) for name, held in values.items()])
    assert made.schema == {
        "price": pl.Decimal(38, 2),
        "when": pl.Datetime("us"),
        "mixed": pl.String,
        "wide": pl.Float64,
    }
    assert made["mixed"].to_list() == ["1", "one", None]


def test_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[sqlalchemy.URL] = []

    def engine(url: sqlalchemy.URL, **_: Any) -> sqlalchemy.Engine:
        asked.append(url)
        message = "no server here"
        raise sqlalchemy.exc.NoSuchModuleError(message)

    monkeypatch.setattr(sqlalchemy, "create_engine", engine)
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")
    with pytest.raises(SpecError) as error:
        open_table("postgresql://reader@db/shop", origin=Origin(query=QUERY, password_env="SHOP_PASSWORD"))
    assert asked[0].password == "hunter2"
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("where", "query", "words"),
    [
        ("postgresql://reader:hunter2@db/shop", QUERY, "holds a password"),
        ("postgresql://reader@db/shop?sslpassword=hunter2", QUERY, "holds 'sslpassword'"),
        ("sales.csv", QUERY, "should be a SQLAlchemy URL"),
        ("nosuchdb://reader@db/shop", QUERY, "knows no database 'nosuchdb'"),
        ("", "SELECT * FROM elsewhere", "no such table: elsewhere"),
        ("", "SELECT * FROM sales WHERE id < 0", "gives no row"),
        ("", "SELECT id, y AS id FROM sales", "two columns named 'id'"),
        ("", "CREATE TABLE t (x INTEGER)", "write a SELECT"),
        ("postgresql+psycopg2://reader@db/shop", QUERY, "install it with: pip install psycopg2"),
    ],
)
def test_what_can_not_be_read_is_told(where: str, query: str, words: str, url: str) -> None:
    with pytest.raises(SlipwayError) as error:
        open_table(where or url, origin=Origin(query=query))
    assert words in str(error.value)
    assert "hunter2" not in str(error.value)


def test_without_sqlalchemy_the_command_to_install_it_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(SpecError, match=r"pip install 'kfp-slipway\[sql\]'"):
        open_table(url, origin=Origin(query=QUERY))


def test_no_file_is_left_behind(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "spool"))
    source = open_table(url, origin=Origin(query=QUERY))
    assert next(source.batches()).height
    assert storage.names(str(tmp_path / "spool")) == []
