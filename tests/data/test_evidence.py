import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.data import evidence, kinds
from slipway.errors import DataError

WORDS = st.none() | st.sampled_from(
    ["1", "-2.5", "1,5", "1.234,5", "007", "true", "NA", "-", "inf", "oops", "2026-02-01", "31.12.2025", "12/31/2025",
     "01/02/2026", "2026-02-01T10:00:00Z", str(2**60), str(10**30), "1e5", "1.2.3"]
)  # fmt: skip


def fit(values: list[str | None], row: int = 1) -> evidence.Evidence:
    return evidence.fit(pl.Series("x", values, dtype=pl.String), row)


def settle(values: list[str | None]) -> str:
    return kinds.settle("x", fit(values))


@given(st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=4))
def test_parts_add_up_to_the_whole(parts: list[list[str | None]]) -> None:
    rows = [1 + sum(len(part) for part in parts[:place]) for place in range(len(parts))]
    merged = evidence.merge([fit(part, row) for part, row in zip(parts, rows, strict=True)])
    assert merged == fit([value for part in parts for value in part])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "NA", None], "integer"),
        (["1", "2.5", "1e3"], "number"),
        (["1,5", "1.234,5", "2"], "number"),
        (["1", "2", "inf"], "number"),
        (["True", "false"], "boolean"),
        (["007", "1"], "category"),
        (["a", "1"], "category"),
        ([None, None], "category"),
        (["2026-02-01", "n/a"], "date"),
        (["2026-02-01 10:30", "2026-02-01"], "date"),
        (["2026-02-01T10:00:00Z", "2026-02-01T10:00:00+02:00"], "date"),
        (["31.12.2025"], "date"),
        (["1/31/2026", "1/2/2026"], "date"),
        (["31/1/2026", "1/2/2026"], "date"),
        (["1/2/2026", "3/4/2026"], "category"),
        (["1/31/2026", "31/1/2026"], "category"),
        (["1.2.3", "1.2.4"], "category"),
        (["31/1/26", "30/1/26"], "category"),
    ],
)
def test_what_a_column_is(values: list[str | None], kind: str) -> None:
    assert settle(values) == kind


def test_largest_exact_integer() -> None:
    assert settle([str(2**53), str(-(2**53))]) == "integer"
    with pytest.raises(DataError, match=r"beyond 2\^53"):
        settle([str(2**53 + 1)])


def test_a_word_before_all_dates_is_found() -> None:
    merged = evidence.merge([fit(["soon"]), fit(["2026-02-01"] * 19, 2)])
    with pytest.raises(DataError, match=r"19 of 20 values are dates and the rest is not \(row 1: 'soon'"):
        kinds.settle("x", merged)


@pytest.mark.parametrize("values", [["1,200", "950", "12,500"], ["1,234,567", "1,200"], ["1,200"]])
def test_commas_that_may_group_thousands_are_refused(values: list[str]) -> None:
    with pytest.raises(DataError, match="may be 1200 or 1.2"):
        kinds.settle("price", evidence.fit(pl.Series("price", values), 1))


def test_a_decimal_comma_is_one_where_it_can_not_group() -> None:
    assert kinds.settle("price", evidence.fit(pl.Series("price", ["1,200", "0,5", "12,75"]), 1)) == "number"
