"""Tables on disk: what is read at a time is bounded, and adds up to the whole."""

from pathlib import Path

import polars as pl
import pytest

from slipway.data import table


@pytest.mark.parametrize(("columns", "rows"), [(0, 1 << 15), (50, 1 << 15), (5000, 1024), (1000, 4194)])
def test_a_wide_table_comes_in_batches_of_fewer_rows(columns: int, rows: int) -> None:
    assert table.batch_rows(columns) == rows


def test_batches_and_parts_give_every_row_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"x": range(5000), "word": [f"word {row % 7}" for row in range(5000)]})
    monkeypatch.setattr(table, "PART_ROWS", 900)
    monkeypatch.setattr(table, "BATCH_ROWS", 130)
    table.write(frame.iter_slices(250), tmp_path / "table")

    batches, parts = list(table.batches(tmp_path / "table")), list(table.parts(tmp_path / "table"))

    assert max(map(len, batches)) == 130
    assert {len(part) for part in parts} == {1000}
    assert pl.concat(batches).equals(frame)
    assert pl.concat(parts).equals(frame)
    assert table.rows(tmp_path / "table") == 5000
