"""What is found out about a challenger besides its scores."""

from typing import Any, ClassVar

import numpy as np
import pytest
from fairlearn import metrics as fairlearn

from slipway.data.schema import Column, Schema, Target
from slipway.errors import DataError
from slipway.evaluation import costs, fairness, groups, telling
from slipway.evaluation.explanations import explanations
from slipway.evaluation.remarks import remarks
from slipway.evaluation.returns import returns
from slipway.evaluation.sample import Sample
from slipway.evaluation.slices import search
from slipway.evaluation.standing import Contender
from slipway.spec import Spec

CHURN = Target("churn", "binary", "category", ("no", "yes"))
PRICE = Target("price", "regression", "number")
KINDS = Target("kind", "multiclass", "category", ("a", "b", "c"))


def spec(**fields: Any) -> Spec:
    return Spec(name="m", data="-", target="t", **{"gates": {"resamples": 200}, **fields})


def sure(y: Any, classes: int = 2) -> Any:
    return np.eye(classes)[y]


class TestSlices:
    random = np.random.default_rng(0)
    rows = 3000
    age = random.integers(18, 80, (rows, 1)).astype(float)
    plan = random.choice(["gold", "tin", ""], (rows, 1)).astype(object)
    noise = random.normal(size=(rows, 1))

    def groups(self) -> list[groups.Groups]:
        return [
            groups.of("age", self.age, "integer"),
            groups.of("plan", self.plan, "category"),
            groups.of("noise", self.noise, "number"),
        ]

    def test_the_bad_corner_is_found_and_its_wider_parts_are_not_repeated(self) -> None:
        bad = (self.age.ravel() <= np.quantile(self.age, 0.25)) & (self.plan.ravel() == "tin")
        errors = (self.random.random(self.rows) < np.where(bad, 0.7, 0.1)).astype(float)

        found = search(errors, self.groups(), Sample(errors), 0.95)

        assert found.worst[0].name.startswith("age up to")
        assert found.worst[0].name.endswith("and plan = tin")
        assert found.worst[0].worse
        assert found.worst[0].error == pytest.approx(0.7, abs=0.07)
        assert all("noise" not in one.name for one in found.worst[:1])
        assert found.error == pytest.approx(errors.mean())
        assert "plan is missing" in {one.name for one in found.each}

    def test_chance_is_seldom_taken_for_a_bad_part(self) -> None:
        hits = 0
        for seed in range(40):
            errors = (np.random.default_rng(seed).random(self.rows) < 0.1).astype(float)
            hits += bool(search(errors, self.groups(), Sample(errors), 0.95).worst)

        assert hits <= 5

    def test_rows_of_one_entity_are_no_proof(self) -> None:
        entity = np.arange(self.rows) // 60
        by_entity = groups.Groups("half", ("one", "other"), (entity % 2).astype(np.int64))
        errors = (np.random.default_rng(2).random(50) < 0.3)[entity].astype(float)

        alone = search(errors, [by_entity], Sample(errors), 0.95).each
        together = search(errors, [by_entity], Sample(errors, entity=entity), 0.95)

        assert len(alone) == 2
        assert together.each == ()

    def test_few_rows_are_no_part(self) -> None:
        plan = np.array(["rare"] * 29 + ["usual"] * 71, object)
        errors = np.arange(100) % 2.0
        found = search(errors, [groups.of("plan", plan, "category")], Sample(errors), 0.95)

        assert {one.name for one in found.each} == {"plan = usual"}


class TestFairness:
    random = np.random.default_rng(1)
    rows = 1200
    sex = random.choice(["f", "m"], rows)
    weight = random.random(rows) + 0.5
    y = random.integers(0, 2, rows)
    positive = np.clip(0.35 + 0.2 * (sex == "m") + 0.2 * y + random.normal(0, 0.15, rows), 0, 1)
    outputs = np.column_stack([1 - positive, positive])

    def treat(self, **limits: Any) -> Any:
        column = [groups.of("sex", np.array(self.sex, object), "category")]
        sample = Sample(self.y, self.weight)
        return fairness.treatments(column, sample, self.outputs, CHURN, spec(fairness=limits))

    def test_values_are_those_of_fairlearn_and_of_the_resampled_statistic(self) -> None:
        (found,) = self.treat()
        decided = self.outputs[:, 1] >= 0.5
        given = {"sensitive_features": self.sex, "sample_weight": self.weight}

        values = {one.name: one.value for one in found.disparities}
        for name, metric in (
            ("parity_difference", fairlearn.demographic_parity_difference),
            ("impact_ratio", fairlearn.demographic_parity_ratio),
            ("odds_difference", fairlearn.equalized_odds_difference),
        ):
            assert values[name].estimate == pytest.approx(metric(self.y, decided, **given))
            assert values[name].low < values[name].estimate < values[name].high
            assert values[name].low >= 0
        assert {group.name: group.rows for group in found.groups} == {
            name: int((self.sex == name).sum()) for name in ("f", "m")
        }

    def test_groups_that_are_alike_have_intervals_around_the_value(self) -> None:
        column = [groups.of("letter", self.random.choice(list("abcdef"), self.rows).astype(object), "category")]

        (found,) = fairness.treatments(column, Sample(self.y), self.outputs, CHURN, spec())

        assert all(one.value.low <= one.value.estimate <= one.value.high for one in found.disparities)

    def test_a_limit_is_a_gate_that_names_column_value_and_remedy(self) -> None:
        gates = list(fairness.gates(self.treat(max_parity_difference=0.1, min_impact_ratio=0.1)))

        assert [(gate.name, gate.passed) for gate in gates] == [
            ("fairness_parity_difference", False),
            ("fairness_impact_ratio", True),
        ]
        assert "demographic parity difference between the groups of 'sex' for yes is 0." in gates[0].sentence
        assert "fairness allows at most 0.1" in gates[0].sentence
        assert "'sex'" in gates[0].remedy
        assert gates[1].remedy == ""

    def test_a_small_group_is_named_and_not_judged(self) -> None:
        sex = np.array(["x"] * 20 + ["m"] * 1180, object)
        column = [groups.of("sex", sex, "category")]

        (found,) = fairness.treatments(column, Sample(self.y), self.outputs, CHURN, spec())

        assert found.note == "Too few rows to judge: x (20 rows)."
        assert found.disparities == ()
        assert {group.name: group.rate is None for group in found.groups} == {"x": True, "m": False}

    def test_numbers_compare_errors_and_means(self) -> None:
        y = self.random.normal(size=self.rows)
        predicted = y + np.where(self.sex == "m", 2.0, 0.5)
        column = [groups.of("sex", np.array(self.sex, object), "category")]

        (found,) = fairness.treatments(
            column, Sample(y), predicted, PRICE, spec(fairness={"max_error_difference": 1.0})
        )

        assert found.disparities[0].value.estimate == pytest.approx(1.5)
        assert [gate.passed for gate in fairness.gates([found])] == [False]

    def test_more_classes_are_compared_one_by_one(self) -> None:
        y = self.random.integers(0, 3, self.rows)
        column = [groups.of("sex", np.array(self.sex, object), "category")]

        found = fairness.treatments(column, Sample(y), sure(y, 3), KINDS, spec())

        assert [one.outcome for one in found] == ["a", "b", "c"]


class TestTelling:
    random = np.random.default_rng(2)
    y = (random.random(4000) < 0.02).astype(np.int64)

    @pytest.mark.parametrize(
        "copy",
        [
            lambda y, random: y * 3.0 - 1,
            lambda y, random: np.where(y == 1, np.nan, random.normal(size=len(y))),
            lambda y, random: random.random(len(y)) + 2 * y,
            lambda y, random: np.where(y == 1, "closed", random.choice(["a", "b"], len(y))).astype(object),
        ],
        ids=["copy", "missing", "shifted", "text"],
    )
    def test_a_column_made_from_the_target_tells_all(self, copy: Any) -> None:
        inputs = {"noise": self.random.normal(size=(4000, 1)), "leak": copy(self.y, self.random).reshape(-1, 1)}

        found = telling.most(inputs, self.y, CHURN)

        assert found.column == "leak"
        assert found.told > 0.995

    def test_a_good_column_does_not(self) -> None:
        y = self.random.integers(0, 2, 4000)
        good = (y + self.random.normal(0, 0.4, 4000)).reshape(-1, 1)
        names = self.random.permutation(4000).astype(str).astype(object).reshape(-1, 1)

        assert telling.most({"good": good, "names": names}, y, CHURN).told < 0.99

    @pytest.mark.parametrize("copy", [lambda y: np.exp(y), lambda y: -2 * y + 1], ids=["monotone", "linear"])
    def test_a_number_made_from_a_number(self, copy: Any) -> None:
        y = self.random.normal(size=3000)
        noisy = y + self.random.normal(0, 0.3, 3000)

        found = telling.most({"leak": copy(y).reshape(-1, 1), "noisy": noisy.reshape(-1, 1)}, y, PRICE)
        assert (found.column, found.told > 0.999) == ("leak", True)
        assert telling.most({"noisy": noisy.reshape(-1, 1)}, y, PRICE).told < 0.99

    def test_more_classes(self) -> None:
        y = self.random.integers(0, 3, 2000)
        assert telling.most({"leak": np.array(["x", "y", "z"], object)[y].reshape(-1, 1)}, y, KINDS).told == 1


class TestReturns:
    y = np.array([0] * 900 + [1] * 100)
    prices: ClassVar = {"yes": {"no": 100.0}, "no": {"yes": 10.0}}

    def test_the_model_the_champion_and_the_best_constant_decision(self) -> None:
        contenders = [Contender("xgboost", sure(self.y)), Contender("champion v2", sure(1 - self.y))]

        found = returns(Sample(self.y), contenders, np.array([0.9, 0.1]), CHURN, spec(costs=self.prices))

        assert found is not None
        assert [(one.name, one.profit.estimate) for one in found.each] == [
            ("xgboost", 0.0),
            ("champion v2", pytest.approx(-19_000)),
            ("always yes", pytest.approx(-9_000)),
        ]
        assert found.each[0].more is not None
        assert found.each[0].more.estimate == pytest.approx(9_000)
        assert "the model pays" in found.sentence

    def test_without_costs_nothing_is_said(self) -> None:
        assert returns(Sample(self.y), [Contender("a", sure(self.y))], np.array([0.9, 0.1]), CHURN, spec()) is None

    def test_a_class_that_is_not_there_is_an_error(self) -> None:
        with pytest.raises(
            DataError, match="'costs' names the class 'maybe', which 'churn' does not have; classes: no"
        ):
            costs.matrix({"maybe": {"no": 1.0}}, CHURN)


class TestRemarks:
    def test_a_model_that_never_says_yes_is_told(self) -> None:
        y = np.array([0] * 950 + [1] * 50)
        outputs = np.column_stack([np.full(1000, 0.8), 0.1 + 0.2 * y])

        (said,) = remarks(Sample(y), outputs, 0.5, CHURN)

        assert said.startswith("It never answers 'yes': all 50 such test rows are answered otherwise.")
        assert "threshold: f1" in said
        assert list(remarks(Sample(y), outputs, 0.2, CHURN)) == []

    def test_a_class_with_few_rows_is_named(self) -> None:
        y = np.array([0] * 50 + [1] * 50 + [2] * 3)
        assert "'c' (3)" in next(iter(remarks(Sample(y), sure(y, 3), 0.5, KINDS)))


class TestExplanations:
    random = np.random.default_rng(3)
    inputs: ClassVar = {
        "income": random.normal(size=(200, 1)) * 10 + 50,
        "plan": random.choice(["gold", "tin"], (200, 1)).astype(object),
        "noise": random.normal(size=(200, 1)),
    }
    columns = (Column("income", "number", False), Column("plan", "category", False), Column("noise", "number", False))

    @staticmethod
    def predict(given: Any) -> Any:
        p = 1 / (1 + np.exp(-(given["income"].ravel() - 50) / 5 - 0.5 * (given["plan"].ravel() == "tin")))
        return np.column_stack([1 - p, p])

    def test_columns_in_the_order_of_what_they_do_and_rows_in_words(self) -> None:
        outputs = self.predict(self.inputs)
        y = (outputs[:, 1] > 0.6).astype(np.int64)

        found = explanations(self.predict, self.inputs, y, outputs, Schema(self.columns, CHURN))

        assert [one.column for one in found.columns] == ["income", "plan", "noise"]
        assert found.columns[2].mean == 0
        assert found.of == "the probability of yes"
        titles, words = zip(*found.rows, strict=True)
        assert titles[:2] == ("The surest yes", "The least likely yes")
        assert words[0].startswith("The probability of yes is 0.9")
        assert "What raises the probability of yes: income is" in words[0]
        assert "noise" not in " ".join(words)

    def test_a_number(self) -> None:
        y = self.inputs["income"].ravel() * 2

        found = explanations(
            lambda given: given["income"].ravel() * 2, self.inputs, y, y + 1, Schema(self.columns, PRICE)
        )

        assert found.of == "the prediction"
        assert found.rows[0][0] == "The largest prediction"
        assert found.base == pytest.approx(100, abs=8)

    def test_many_columns_take_few_predictions(self) -> None:
        inputs = {f"c{at}": self.random.normal(size=(50, 1)) for at in range(300)}
        columns = tuple(Column(name, "number", False) for name in inputs)
        asked = []

        def predict(given: Any) -> Any:
            asked.append(len(given["c0"]))
            return given["c0"].ravel() + given["c1"].ravel()

        y = predict(inputs)
        found = explanations(predict, inputs, y, y, Schema(columns, PRICE))

        assert {one.column for one in found.columns[:2]} == {"c0", "c1"}
        assert sum(asked) < 150_000
