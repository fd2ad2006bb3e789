"""A table against the schema of the champion."""

from typing import Any

import polars as pl
import pytest

from slipway.data import evolution
from slipway.data import summary as summaries
from slipway.data.evolution import Known
from slipway.data.finding import Finding
from slipway.data.schema import Column, Kind, Schema, Target
from slipway.spec import Spec, parse

KNOWN = Known(
    "champion v3",
    Schema(
        (
            Column("tenure", "integer", nullable=False, minimum=0, maximum=72),
            Column("plan", "category", nullable=False, levels=("basic", "gold")),
            Column("amount", "number", nullable=True, minimum=0.0, maximum=10.0),
            Column("amount lag 1", "number", nullable=True, made="'amount' of the last row"),
        ),
        Target("y", "binary", "category", ("n", "y")),
        excluded={"id": "identifier"},
    ),
)
KINDS: dict[str, Kind] = {"Int64": "integer", "Float64": "number", "String": "category"}
FRAME = pl.DataFrame(
    {"tenure": [1, 70, 33], "plan": ["gold", "basic", "gold"], "amount": [0.5, 9.5, 3.0], "y": ["n", "y", "n"]}
)


def found(frame: pl.DataFrame, **fields: Any) -> list[Finding]:
    spec = parse({"name": "m", "data": "-", "target": "y", **fields}, Spec)
    kinds = {name: KINDS[str(kind)] for name, kind in frame.schema.items()}
    return evolution.compare(KNOWN, spec, {name: summaries.fit(frame[name], kind) for name, kind in kinds.items()})


def test_the_same_columns_pass() -> None:
    (only,) = found(FRAME)
    assert (only.verdict, only.sentence) == (
        "passed",
        "every column that champion v3 reads is there, and is what it was",
    )


def test_integers_may_become_numbers_and_what_was_left_out_may_come_back() -> None:
    frame = FRAME.with_columns(pl.col("tenure").cast(pl.Float64), id=pl.int_range(3))
    assert [item.verdict for item in found(frame)] == ["passed"]


@pytest.mark.parametrize(("before", "now"), [("text", "category"), ("category", "text")])
def test_text_may_be_told_apart_by_its_words_or_by_its_levels(before: Kind, now: Kind) -> None:
    known = Known("champion v3", Schema((Column("note", before, nullable=False),), Target("y", "regression", "number")))
    notes = summaries.fit(pl.Series(["very good", "not so good", "bad"]), now)
    spec = parse({"name": "m", "data": "-", "target": "y"}, Spec)

    assert [item.verdict for item in evolution.compare(known, spec, {"note": notes})] == ["passed"]


CHANGES = {
    "added": (FRAME.with_columns(more=pl.int_range(3)), "more", "is new"),
    "missing": (FRAME.drop("tenure"), "tenure", "is not in the data any more"),
    "renamed": (FRAME.rename({"tenure": "Tenure_months"}), "tenure", "'Tenure_months' looks like it under a new name"),
    "retyped": (FRAME.with_columns(amount=pl.lit("low")), "amount", "holds values of kind category, and held number"),
    "levels": (FRAME.with_columns(plan=pl.lit("silver")), "plan", "has levels that it did not have: 'silver'"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("reaction", ["allow", "stop"])
def test_a_change_is_told_and_stops_or_not(change: str, reaction: str) -> None:
    frame, column, said = CHANGES[change]
    (only,) = found(frame, evolution={change: reaction})
    assert (only.check, only.column) == (f"columns: {change}", column)
    assert said in only.sentence
    assert only.verdict == ("failed" if reaction == "stop" else "noted")
    assert (f"allow it with evolution: {{{change}: allow}}" in only.sentence) == (reaction == "stop")


def test_only_what_the_champion_could_not_do_without_stops_by_default() -> None:
    verdicts = {change: found(frame)[0].verdict for change, (frame, _, _) in CHANGES.items()}
    assert verdicts == {
        "added": "noted", "missing": "failed", "renamed": "failed", "retyped": "failed", "levels": "noted",
    }  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.rename({"tenure": "distance"}),
        FRAME.drop("tenure").with_columns(tenure_months=pl.Series([500, 900, 700])),
        FRAME.drop("tenure").with_columns(tenure_months=pl.lit("long")),
    ],
    ids=["name", "values", "kind"],
)
def test_a_column_that_is_not_alike_was_not_renamed(frame: pl.DataFrame) -> None:
    assert {item.check for item in found(frame)} == {"columns: missing", "columns: added"}


def test_an_identifier_is_not_missing() -> None:
    assert found(FRAME.drop("tenure"), identifiers=["tenure"])[0].verdict == "passed"
