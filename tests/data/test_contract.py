"""Tables that are odd but usable."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.data import table
from slipway.errors import DataError, GateError, UnknownNameError

ROWS = 80


def csv(header: str, row: Callable[[int], str], rows: int = ROWS) -> str:
    return "\n".join([header, *(row(i) for i in range(rows))]) + "\n"


def test_rows_without_a_target_are_dropped_and_counted(check: Any, out: Path) -> None:
    found = check(csv("x,y", lambda i: f"{i % 9},{'' if i % 8 == 0 else i % 2}"))
    assert found.rows == table.rows(out / "table") == 70
    assert found.dropped == {"no target": 10}
    assert "10 rows were dropped because their 'y' is missing" in found.notes


def test_rows_without_consent_never_come_through(check: Any, out: Path) -> None:
    answers = ["yes", "no", "", "TRUE"]
    found = check(csv("x,ok,y", lambda i: f"{i},{answers[i % 4]},{i // 4 % 2}"), consent="ok", quality={"min_rows": 10})
    assert found.dropped == {"no consent": 40}
    assert {value % 4 for value in table.read(out / "table")["x"]} == {0, 3}
    assert "ok" not in found.schema.names


def test_a_consent_that_nobody_gave_is_told(check: Any) -> None:
    with pytest.raises(GateError, match="0 rows can be used .80 others lack consent: their 'ok' is none of true, yes"):
        check(csv("x,ok,y", lambda i: f"{i},{'ab'[i % 2]},{i % 2}"), consent="ok")


def test_a_column_without_values_is_left_out_with_a_reason(check: Any) -> None:
    found = check(csv("x,z,y", lambda i: f"{i % 9},,{i % 2}"))
    assert found.schema.names == ("x",)
    assert found.schema.excluded == {"z": "every value is missing"}
    assert "column 'z' is no feature: every value is missing" in found.notes


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (lambda _: "7", "every row has the same value"),
        (lambda i: "" if i % 3 else str(i), "66.2% of its values are missing; quality.max_null_share allows 50%"),
        (lambda i: f"name {i}", "80 different texts in 80 rows: it looks like a name or free text"),
    ],
)
def test_a_useless_column_is_left_out_with_a_reason(check: Any, value: Callable[[int], str], reason: str) -> None:
    found = check(csv("x,z,y", lambda i: f"{i % 9},{value(i)},{i % 2}"))
    assert found.schema.excluded == {"z": reason}


def test_infinite_values_and_nan_are_missing(check: Any, out: Path) -> None:
    values = ["inf", "-inf", "NaN", "1.5", "2", "-3e5", "7", "8"]
    found = check(csv("x,y", lambda i: f"{values[i % 8]},{i % 2}"))
    assert "column 'x': 20 infinite values were read as missing values" in found.notes
    column = found.schema.columns[0]
    assert (column.kind, column.nullable, column.minimum, column.maximum) == ("number", True, -3e5, 8.0)
    assert table.read(out / "table")["x"].to_list()[:8] == [None, None, None, 1.5, 2.0, -3e5, 7.0, 8.0]


def test_names_are_taken_as_they_are(check: Any, out: Path) -> None:
    names = ('a "quoted" name', "two words", "größe", "1st", "a,b", "a.b", "{x}", "日本")
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    found = check(csv(f"{header},y", lambda i: f"{','.join(str(i % 7) for _ in names)},{i % 2}"))
    assert found.schema.names == names
    assert tuple(table.read(out / "table").columns) == (*names, "y")


def test_thousands_of_categories_keep_the_most_frequent(check: Any) -> None:
    found = check(csv("x,y", lambda i: f"{'often' if i % 3 else f'c{i % 2500}'},{i % 2}", 9000))
    column = found.schema.columns[0]
    assert column.levels is not None
    assert column.levels[0] == "often"
    assert len(column.levels) == 1000


def test_a_leading_zero_makes_a_category(check: Any, out: Path) -> None:
    found = check(csv("x,y", lambda i: f"{i % 7:03d},{i % 2}"))
    assert "column 'x' holds numbers with leading zeros, so it is taken for a category" in found.notes
    assert table.read(out / "table")["x"].to_list()[:2] == ["000", "001"]


def test_another_integer_in_every_row_is_suspicious(check: Any) -> None:
    notes = check(csv("x,y", lambda i: f"{i},{i % 2}")).notes
    assert any("'x' has another integer in every row" in note and "identifiers" in note for note in notes)


def test_an_integer_that_is_an_identifier_may_be_large(check: Any) -> None:
    found = check(csv("id,x,y", lambda i: f"{2**60 + i},{i % 9},{i % 2}"), identifiers=["id"])
    assert found.schema.excluded == {"id": "identifier"}


@pytest.mark.parametrize(
    ("values", "classes", "task"),
    [
        (["yes", "no"], ("no", "yes"), "binary"),
        (["True", "false"], ("false", "true"), "binary"),
        (["10", "9"], ("9", "10"), "binary"),
        (["1000000.1", "1000000.2"], ("1000000.1", "1000000.2"), "binary"),
        (["10", "9", "2"], ("2", "9", "10"), "multiclass"),
        (["1.5", "2.5", "3.5"], (), "regression"),
    ],
)
def test_the_task_and_the_classes(check: Any, values: list[str], classes: tuple[str, ...], task: str) -> None:
    target = check(csv("x,y", lambda i: f"{i % 9},{values[i % len(values)]}")).schema.target
    assert (target.task, target.classes) == (task, classes)


def test_the_positive_class_comes_last(check: Any) -> None:
    target = check(csv("x,y", lambda i: f"{i % 9},{'ab'[i % 2]}"), positive="a").schema.target
    assert target.classes == ("b", "a")


def test_a_table_is_replaced_as_a_whole(check: Any, out: Path) -> None:
    check(csv("x,y", lambda i: f"{i},{i % 2}"))
    check(csv("z,y", lambda i: f"{i},{i % 2}"))
    assert table.read(out / "table").columns == ["z", "y"]
    assert sorted(path.name for path in out.iterdir()) == ["contract", "findings", "table"]


ENTITIES = csv("x,who,w,y", lambda i: f"{i},c{i % 20},{i % 3 + 0.5},{i // 2 % 2}")


def test_entity_and_weight_travel_with_the_rows_and_are_no_features(check: Any, out: Path) -> None:
    found = check(ENTITIES, entity="who", weight="w")
    assert found.schema.names == ("x",)
    assert (found.schema.entity, found.schema.weight, found.schema.split_by) == ("who", "w", ("who",))
    assert found.schema.excluded == {
        "who": "entity: says whom or what a row is about",
        "w": "weight: says how much a row counts",
    }
    assert table.read(out / "table").columns == ["x", "y", "who", "w"]


def test_rows_without_an_entity_are_dropped_and_counted(check: Any) -> None:
    found = check(csv("x,who,y", lambda i: f"{i},{'' if i % 8 == 0 else i % 9},{i % 2}"), entity="who")
    assert found.dropped == {"no entity": 10}
    assert "10 rows were dropped because their 'who' is missing" in found.notes


@pytest.mark.parametrize("field", ["entity", "weight", "sensitive_features"])
def test_a_named_column_must_be_there(check: Any, field: str) -> None:
    name: Any = ["wo"] if field == "sensitive_features" else "wo"
    with pytest.raises(UnknownNameError, match=f"'wo' is not in the data, but field '{field}' names it; did you mean"):
        check(ENTITIES, **{field: name})


@pytest.mark.parametrize(
    ("weight", "wrong"),
    [
        (lambda i: "-1" if i == 3 else "2", "is -1 in a row"),
        (lambda i: "" if i < 2 else "2", "is missing or not finite in 2 rows"),
        (lambda i: "inf" if i < 2 else "2.5", "is missing or not finite in 2 rows"),
        (lambda i: "0", "is 0 in every row"),
    ],
    ids=["negative", "missing", "infinite", "zero"],
)
def test_a_weight_is_a_finite_number_of_zero_or_more(check: Any, weight: Callable[[int], str], wrong: str) -> None:
    with pytest.raises(DataError, match=f"column 'w' is the weight, but {wrong}"):
        check(csv("x,w,y", lambda i: f"{i % 9},{weight(i)},{i % 2}"), weight="w")


def test_a_weight_is_no_text(check: Any) -> None:
    with pytest.raises(DataError, match="column 'w' is to be the weight, but is category, not a number"):
        check(csv("x,w,y", lambda i: f"{i % 9},heavy{i % 3},{i % 2}"), weight="w")


def test_a_sensitive_column_is_a_feature_only_when_it_is_listed(check: Any, out: Path) -> None:
    text = csv("x,sex,age,y", lambda i: f"{i % 9},{'fm'[i // 2 % 2]},{i % 50},{i % 2}")
    found = check(text, sensitive=["sex", "age"], sensitive_features=["age"])
    assert found.schema.names == ("x", "age")
    assert found.schema.sensitive == ("sex", "age")
    assert found.schema.excluded == {"sex": "sensitive: kept for fairness only"}
    assert table.read(out / "table").columns == ["x", "age", "y", "sex"]
