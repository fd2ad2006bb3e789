import json
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Kind
from slipway.drift import profile as profiles
from slipway.drift.compare import compare
from slipway.drift.comparison import Comparison
from slipway.errors import DataError
from slipway.spec import Drift

KINDS: dict[str, Kind] = {
    "amount": "number",
    "skewed": "number",
    "visits": "integer",
    "member": "boolean",
    "since": "date",
    "city": "category",
    "rare": "category",
}


def table(seed: int, rows: int = 1000) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    columns = {
        "amount": np.where(random.random(rows) < 0.05, np.nan, random.normal(size=rows)),
        "skewed": np.exp(3 * random.normal(size=rows)),
        "visits": random.poisson(2, rows).astype(float),
        "member": (random.random(rows) < 0.3).astype(float),
        "since": 1.7e9 + 4e7 * random.random(rows),
        "city": random.choice(["a", "b", "c", ""], rows, p=[0.5, 0.3, 0.15, 0.05]).astype(object),
        "rare": np.array([f"level {level}" for level in random.zipf(1.5, rows).clip(0, 10**6)], dtype=object),
    }
    return {name: values.reshape(-1, 1) for name, values in columns.items()}


def against(
    current: dict[str, Any], kinds: dict[str, Kind] = KINDS, *, rows: int = 1000, limits: Drift | None = None
) -> Comparison:
    reference = profiles.finish(profiles.fit(table(0, rows), KINDS))
    return compare(reference, profiles.fit(current, kinds), limits or Drift())


def pair(before: list[Any], now: list[Any], kind: Kind = "number") -> Comparison:
    kinds: dict[str, Kind] = {"x": kind}
    parts = [
        profiles.fit({"x": np.array(values, object if kind == "category" else float).reshape(-1, 1)}, kinds)
        for values in (before, now)
    ]
    return compare(profiles.finish(parts[0]), parts[1], Drift())


@pytest.mark.parametrize(
    ("rows", "current"), [(60, 20), (200, 50), (1000, 1000), (3000, 30), (3000, 300), (20_000, 12)]
)
def test_samples_of_one_distribution_seldom_alarm(rows: int, current: int) -> None:
    reference = profiles.finish(profiles.fit(table(0, rows), KINDS))
    found = [compare(reference, profiles.fit(table(seed, current), KINDS), Drift()) for seed in range(1, 101)]

    assert np.mean([comparison.severity == "alarm" for comparison in found]) <= 0.05


def test_few_current_rows_of_few_levels_seldom_alarm() -> None:
    """Bins that are empty on both sides once made a distance of their own."""
    random = np.random.default_rng(3)
    before = random.choice(["a", "b", "c"], 3000).tolist()

    found = [pair(before, random.choice(["a", "b", "c"], 30).tolist(), "category") for _ in range(300)]

    assert np.mean([comparison.severity == "alarm" for comparison in found]) <= 0.02


def test_the_same_rows_have_no_drift() -> None:
    found = against(table(0))

    assert (found.severity, found.drifted, found.missing, found.added) == ("none", (), (), ())
    assert [(column.psi, column.ks, column.js, column.outside) for column in found.columns] == [(0, 0, 0, 0)] * len(
        KINDS
    )
    assert found.sentence == "no column of 7 drifted"


def changed(name: str) -> dict[str, Any]:
    current = table(1)
    every_third = (np.arange(1000) % 3 == 0).reshape(-1, 1)
    current[name] = {
        "amount": current["amount"] + 1,
        "skewed": np.where(every_third, np.nan, current["skewed"]),
        "visits": current["visits"] + 2,
        "member": 1 - current["member"],
        "since": current["since"] + 5e7,
        "city": np.where(every_third, "new", current["city"]),
        "rare": np.where(every_third, "", current["rare"]),
    }[name]
    return current


@pytest.mark.parametrize("name", KINDS)
def test_what_changed_alarms_and_is_named(name: str) -> None:
    found = against(changed(name))

    assert (found.severity, found.drifted) == ("alarm", (name,))
    assert found.columns[0].name == name
    assert found.sentence == f"1 of 7 columns drifted: {name!r}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("skewed", "missing: 0.0% before, 33.4% now"),
        ("city", "new: 0.0% before, 33.4% now; the reference has none of 34"),
        ("member", "before, "),
        ("since", "above 2025-02-1"),
    ],
)
def test_the_sentence_says_what_changed_most(name: str, said: str) -> None:
    assert said in against(changed(name)).columns[0].sentence


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ([5] * 100, [7] * 100),
        ([0, 1, 2] * 50, [0, 1, 3] * 50),
        ([0, 1, 2] * 50, [0, 1, -9] * 50),
        ([3000] * 99, [3100] * 99),
    ],
)
def test_numbers_that_the_reference_has_not_alarm(before: list[int], now: list[int]) -> None:
    found = pair(before, now, "integer")

    assert found.severity == "alarm"
    assert found.columns[0].outside == pytest.approx(np.mean(~np.isin(now, before)))


def test_a_number_of_a_bucket_at_the_end_is_not_outside() -> None:
    assert pair([4099] * 60 + [9001] * 39, [-1] + [4099] * 30 + [9001] * 20).columns[0].outside == pytest.approx(1 / 51)


def test_a_column_of_nulls_that_has_values_now_alarms() -> None:
    found = pair([np.nan] * 100, [1.0] * 100)

    assert found.severity == "alarm"
    assert "any value: 0.0% before, 100.0% now" in found.columns[0].sentence


def test_a_missing_column_alarms() -> None:
    current = table(0)
    del current["city"]

    found = against(current, {name: kind for name, kind in KINDS.items() if name != "city"})

    assert (found.severity, found.missing, found.drifted) == ("alarm", ("city",), ("city",))
    assert found.sentence == "1 of 7 columns drifted: 'city'"


def test_an_added_column_is_named_and_no_drift() -> None:
    found = against({**table(0), "extra": table(0)["amount"]}, {**KINDS, "extra": "number"})

    assert (found.severity, found.added) == ("none", ("extra",))


@pytest.mark.parametrize(("name", "kind", "value"), [("city", "number", 1.0), ("amount", "category", "a")])
def test_a_column_of_another_kind_alarms(name: str, kind: Kind, value: Any) -> None:
    values = np.full((1000, 1), value, dtype=object if kind == "category" else float)

    found = against({**table(0), name: values}, {**KINDS, name: kind})

    assert (found.severity, found.missing, found.added) == ("alarm", (name,), ())


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_too_few_rows_are_an_error(rows: int) -> None:
    with pytest.raises(DataError, match=f"{rows} current rows are too few .* at least 10"):
        against(table(0, rows))


def test_limits_move_the_severity() -> None:
    current = table(1)
    current["amount"] = current["amount"] + 0.5
    psi = next(column.psi for column in against(current).columns if column.name == "amount")

    warned = against(current, limits=Drift(warn=psi * 0.9, alarm=psi * 1.1))
    assert (warned.severity, warned.drifted) == ("warn", ())
    assert warned.sentence == "no column of 7 drifted; 1 is above the warning limit"
    assert against(current, limits=Drift(warn=psi * 0.8, alarm=psi * 0.9)).severity == "alarm"
    assert against(current, limits=Drift(warn=psi * 1.1, alarm=psi * 1.2)).severity == "none"


def test_json_says_the_worst_first() -> None:
    raw = json.loads(against(changed("visits")).to_json())

    assert (raw["severity"], raw["drifted"], raw["columns"][0]["name"]) == ("alarm", ["visits"], "visits")
    for column in raw["columns"]:
        assert len(column["labels"]) == len(column["before"]) == len(column["now"])


@pytest.mark.parametrize(
    ("kind", "values", "labels"),
    [
        ("integer", [0, 1, 2, 2], ("below 0", "0", "1", "2", "above 2", "missing")),
        ("boolean", [0, 1], ("below", "false", "true", "above", "missing")),
        ("boolean", [1, 1], ("below", "true", "above", "missing")),
        ("number", [np.nan], ("below", "any value", "above", "missing")),
        ("number", [0.5, 0.5], ("below 0.5", "0.5", "above 0.5", "missing")),
        ("category", ["b", "b", "a", ""], ("b", "a", "other levels", "missing")),
        ("date", [0, 0], ("below 1970-01-01 00:00", "1970-01-01 00:00", "above 1970-01-01 00:00", "missing")),
    ],
)
def test_bins_are_called_what_they_hold(kind: Kind, values: list[Any], labels: tuple[str, ...]) -> None:
    assert pair(values * 10, values * 10, kind).columns[0].labels == labels
