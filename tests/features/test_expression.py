import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import SpecError
from slipway.features.arithmetic import Numpy
from slipway.features.expression import evaluate, parse

KNOWN = ("charges", "months", "1st visit")
NAN = math.nan


def value(expression: str, **columns: float) -> float:
    arrays = {name: np.array([number]) for name, number in columns.items()}
    with np.errstate(all="ignore"):
        made = evaluate(parse("made", expression, tuple(columns)), arrays, Numpy())
    return float(np.broadcast_to(made, 1)[0])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b * 2 - -a", 14.0),
        ("a / b", 0.75),
        ("(a < b) + (a <= 3) + (b > a) + (b >= 5) + (a == 3) + (a != 3)", 4.0),
        ("a > 1 and b > 1 and a", 1.0),
        ("not a or b == 0", 0.0),
        ("abs(-a) + sqrt(b) + floor(2.7)", 7.0),
        ("min(a, b) * 10 + max(a, b)", 34.0),
        ("when(a < b, a, b) + if_missing(a, 9) + is_missing(a)", 6.0),
    ],
)
def test_it_calculates(expression: str, expected: float) -> None:
    assert value(expression, a=3.0, b=4.0) == expected


@pytest.mark.parametrize(
    "expression",
    ["a + 1", "a < 1", "not a", "a or 1", "min(a, 1)", "max(1, a)", "when(a, 1, 2)", "1 / b", "b / b", "a == a",
     "sqrt(b - 1)", "1e308 * 10 + b", "abs(a)", "floor(a)"],
)  # fmt: skip
def test_missing_operands_and_what_has_no_value_make_it_missing(expression: str) -> None:
    assert math.isnan(value(expression, a=NAN, b=0.0))


@pytest.mark.parametrize(
    ("expression", "expected"), [("if_missing(a, 5)", 5.0), ("is_missing(a)", 1.0), ("if_missing(1 / b, -1)", -1.0)]
)
def test_what_is_missing_can_be_asked_for(expression: str, expected: float) -> None:
    assert value(expression, a=NAN, b=0.0) == expected


@pytest.mark.parametrize(
    ("expression", "position", "said"),
    [
        (
            "charges / month",
            11,
            "no number, boolean or date 'month'; did you mean 'months'? columns are charges, months",
        ),
        ("charges / col('2nd visit')", 11, "did you mean '1st visit'? columns are charges, months, col('1st visit')"),
        ("charges +", 9, "can't be parsed"),
        ("charges ** 2", 1, "operators are + - * /"),
        ("log(charges)", 1, "there is no such function; functions are abs"),
        ("charges.real", 1, "not allowed"),
        ("charges + 'a'", 11, "'a' is no finite number"),
        ("charges + 1e999", 11, "no finite number"),
        ("charges + True", 11, "True is no finite number"),
        ("1 < charges < 3", 1, "compare two values at a time"),
        ("charges in months", 1, "compare two values at a time"),
        ("min(charges)", 1, "min takes 2 values"),
        ("min(*charges)", 1, "min takes 2 values"),
        ("abs(x=charges)", 1, "abs takes 1 value"),
        ("[charges][0]", 1, "not allowed"),
        ("(lambda: charges)()", 1, "no such function"),
        ("__import__('os')", 1, "no such function"),
        ("charges if months else 1", 1, "not allowed"),
        ("~charges", 1, "not allowed"),
        ("abs", 1, "not allowed"),
        ("col(charges)", 1, "no such function"),
        ("1 + 2", 1, "it uses no column"),
        ("charges + " * 60 + "1", 0, "more than the 500 allowed"),
        ("(" * 240 + "charges" + ")" * 240, 201, "can't be parsed"),
        ("-" * 120 + "charges", 101, "nested deeper than 100 times"),
        ("charges; months", 8, "can't be parsed"),
        ("(x := charges)", 2, "not allowed"),
    ],
)
def test_what_is_not_allowed_is_told_with_its_place(expression: str, position: int, said: str) -> None:
    with pytest.raises(SpecError) as raised:
        parse("ratio", expression, KNOWN)

    assert f"at character {position}:" in str(raised.value)
    assert said in str(raised.value)
    assert "features.derived 'ratio'" in str(raised.value)


@given(st.text(max_size=30))
def test_any_text_is_an_expression_or_an_error_of_the_user(text: str) -> None:
    try:
        derived = parse("made", text, KNOWN)
    except SpecError:
        return
    assert set(derived.columns) <= set(KNOWN)


def test_it_knows_the_columns_that_it_uses_each_once() -> None:
    assert parse("made", "charges / (months + col('1st visit')) * charges", KNOWN).columns == (
        "charges",
        "months",
        "1st visit",
    )
