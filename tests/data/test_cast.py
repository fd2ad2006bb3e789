from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from slipway.data import cast, evidence
from slipway.data.schema import Kind
from slipway.errors import DataError


def from_text(values: list[str | None], kind: Kind) -> list[Any]:
    text = pl.Series("x", values)
    return cast.from_text(text, kind, evidence.fit(text, 1)).to_list()


def from_typed(values: pl.Series, kind: Kind) -> list[Any]:
    return cast.from_typed(values.alias("x"), kind, cast.look(values, 1)).to_list()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["1", "-5", "NA", None], "integer", [1, -5, None, None]),
        (["1.5", "inf", "nan", "2e3"], "number", [1.5, None, None, 2000.0]),
        (["1,5", "1.234,5", "7"], "number", [1.5, 1234.5, 7.0]),
        (["TRUE", "no", "1", "?"], "boolean", [True, False, True, None]),
        (["NA", "a", None], "category", ["NA", "a", None]),
        (["2026-11-21", "2026-11-21 10:30"], "date", [datetime(2026, 11, 21), datetime(2026, 11, 21, 10, 30)]),
        (["2026-11-21T10:00:00+02:00"], "date", [datetime(2026, 11, 21, 8)]),
        (["21.11.2026"], "date", [datetime(2026, 11, 21)]),
        (["1/2/2026", "1/31/2026"], "date", [datetime(2026, 1, 2), datetime(2026, 1, 31)]),
        (["1/2/2026", "31/1/2026"], "date", [datetime(2026, 2, 1), datetime(2026, 1, 31)]),
    ],
)
def test_text_becomes_values(values: list[str | None], kind: Kind, expected: list[Any]) -> None:
    assert from_text(values, kind) == expected


@pytest.mark.parametrize(
    ("values", "kind", "held"),
    [
        (["1", "1.5"], "integer", "1.5"),
        (["1", "x"], "number", "x"),
        (["1,5", "1.5"], "number", "1.5"),
        (["true", "2"], "boolean", "2"),
        (["2026-11-21", "21.11.2026"], "date", "21.11.2026"),
        (["1/2/2026"], "date", "1/2/2026"),
    ],
)
def test_text_of_another_kind_is_refused(values: list[str | None], kind: Kind, held: str) -> None:
    with pytest.raises(DataError, match=f"column 'x' is to be of kind {kind}, but holds '{held}'"):
        from_text(values, kind)


BERLIN = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (pl.Series([1.0, float("nan"), None]), "integer", [1, None, None]),
        (pl.Series([1.5, float("inf")], dtype=pl.Float32), "number", [1.5, None]),
        (pl.Series([Decimal("1.5")]), "number", [1.5]),
        (pl.Series([0, 1, None], dtype=pl.UInt8), "boolean", [False, True, None]),
        (pl.Series([7, 8]), "category", ["7", "8"]),
        (pl.Series(["a"], dtype=pl.Categorical), "category", ["a"]),
        (pl.Series([" 1 ", ""]), "integer", [1, None]),
        (pl.Series([None]), "number", [None]),
        (pl.Series([date(2026, 1, 1)]), "date", [datetime(2026, 1, 1)]),
        (pl.Series([BERLIN.astimezone(UTC)]).dt.convert_time_zone("Europe/Berlin"), "date", [datetime(2026, 1, 1, 11)]),
    ],
)
def test_typed_values_become_values(values: pl.Series, kind: Kind, expected: list[Any]) -> None:
    assert from_typed(values, kind) == expected


@pytest.mark.parametrize(
    ("values", "kind", "held"),
    [
        (pl.Series([1.0, 1.5]), "integer", "1.5"),
        (pl.Series([1, 2]), "boolean", "2"),
        (pl.Series([1_700_000_000]), "date", "1700000000"),
        (pl.Series([date(2026, 1, 1)]), "number", "2026-01-01"),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), "integer", str(2**64 - 1)),
    ],
)
def test_typed_values_of_another_kind_are_refused(values: pl.Series, kind: Kind, held: str) -> None:
    with pytest.raises(DataError, match=f"column 'x' is to be of kind {kind}, but holds '{held}'"):
        from_typed(values, kind)
