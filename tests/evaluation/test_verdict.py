import math
import re
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation import baseline
from slipway.evaluation.gates import Measured
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import Verdict, judge
from slipway.spec import Gates, Spec

TARGET = Target("churn", "binary", "category", ("no", "yes"))
Y = np.random.default_rng(0).integers(0, 2, 600)


def outputs(skill: float, seed: int = 1) -> Any:
    positive = np.clip(0.5 + skill * (Y - 0.5) + np.random.default_rng(seed).normal(scale=0.2, size=len(Y)), 0, 1)
    return np.column_stack([1 - positive, positive])


def decide(
    challenger: Any, champion: Any = None, *, measured: Measured | None = None, metric: Any = "auto", **gates: Any
) -> Verdict:
    return judge(
        Sample(Y),
        [Contender("xgboost", challenger, 0.9, 1.5), Contender("forest", outputs(0.3, 5))],
        baseline.outputs(Y, TARGET, len(Y)),
        target=TARGET,
        spec=Spec(
            name="m",
            data="-",
            target="churn",
            metric=metric,
            gates=Gates(**{"resamples": 200, "min_gain": 0.0, **gates}),
        ),
        champion=None if champion is None else Contender("champion v3", champion),
        measured=measured,
    )


def failed(verdict: Verdict) -> dict[str, str]:
    return {gate.name: gate.sentence for gate in verdict.gates if not gate.passed}


def test_the_first_good_model_is_promoted() -> None:
    verdict = decide(outputs(0.3))

    assert (verdict.outcome, verdict.promoted, verdict.kept, verdict.against) == ("promoted", True, False, "baseline")
    assert verdict.reason.startswith("xgboost beats the baseline by 0.3")
    assert verdict.reason.endswith("every gate passes, and there is no champion yet.")


def test_a_better_one_replaces_the_champion() -> None:
    verdict = decide(outputs(0.4), outputs(0.1))

    assert verdict.outcome == "promoted"
    assert "xgboost beats champion v3 by" in verdict.reason
    assert "on the same 600 test rows" in verdict.reason
    assert verdict.gain.low > 0


def test_a_tie_keeps_the_champion() -> None:
    same = outputs(0.3)
    verdict = decide(same, same.copy())

    assert (verdict.outcome, verdict.promoted, verdict.kept) == ("kept", False, True)
    assert (verdict.gain.estimate, verdict.gain.low, verdict.gain.high) == (0, 0, 0)
    assert verdict.reason.endswith("on every resample. A tie keeps the champion.")


def test_a_gain_that_may_be_chance_keeps_the_champion() -> None:
    verdict = decide(outputs(0.3), outputs(0.3, 2))

    assert verdict.outcome == "kept"
    assert verdict.gain.low < 0 < verdict.gain.high
    said = "better by" if verdict.gain.estimate > 0 else "worse by"
    assert said in verdict.reason
    assert "is not wholly above 0. A tie keeps the champion." in verdict.reason


def test_equal_scores_with_other_answers_are_called_the_same() -> None:
    right = np.where(Y[:, None] == [0, 1], 0.9, 0.1)
    one, other = right.copy(), right.copy()
    one[:2], other[2:4] = right[:2, ::-1], right[2:4, ::-1]

    verdict = decide(one, other, metric="accuracy")

    assert verdict.gain.estimate == 0
    assert "both have the same accuracy, and the 95% interval" in verdict.reason


def test_a_worse_one_keeps_the_champion() -> None:
    verdict = decide(outputs(0.2), outputs(0.6))

    assert verdict.outcome == "kept"
    assert verdict.gain.high < 0
    assert "its ROC AUC is worse by" in verdict.reason


def test_a_gain_below_the_least_gain_keeps_the_champion() -> None:
    better, champion = outputs(0.4), outputs(0.1)
    low = decide(better, champion).gain.low

    assert decide(better, champion, min_gain=low * 0.99).promoted
    kept = decide(better, champion, min_gain=low * 1.01)
    assert kept.outcome == "kept"
    assert kept.gain.low > 0


@pytest.mark.parametrize(
    ("gate", "settings", "sentence"),
    [
        (
            "score",
            {"min_score": 0.99},
            r"ROC AUC on the test rows is 0\.\d+ \(gates.min_score asks for 0.99 or better\)",
        ),
        ("calibration", {"max_calibration_error": 0.01}, r"off by 0\.\d+ on average \(gates.max_calibration_error"),
        ("parity", {"measured": Measured(parity=1e-3)}, r"differ by at most 0.0010 \(1 . 10⁻⁵ is allowed\)"),
        ("size", {"measured": Measured(bundle_mb=300.0)}, r"has 300 MB \(gates.max_bundle_mb allows 200 MB\)"),
        ("latency", {"measured": Measured(latency_ms=80.0)}, r"takes 80.0 ms .* \(gates.max_latency_ms allows 50 ms\)"),
    ],
)
@pytest.mark.parametrize("champion", [None, 0.1])
def test_a_gate_refuses_and_says_why(gate: str, settings: Any, sentence: str, champion: float | None) -> None:
    verdict = decide(outputs(0.4), None if champion is None else outputs(champion), **settings)

    assert (verdict.outcome, verdict.promoted) == ("refused", False)
    assert list(failed(verdict)) == [gate]
    found = failed(verdict)[gate].replace("\N{NO-BREAK SPACE}", " ")
    assert re.search(sentence, found)
    assert failed(verdict)[gate] in verdict.reason
    assert verdict.reason.endswith("Nothing is deployed." if champion is None else "Champion v3 stays.")


def test_a_model_that_knows_nothing_is_refused() -> None:
    verdict = decide(outputs(0.0))

    assert verdict.outcome == "refused"
    assert "the columns say too little about the target" in failed(verdict)["baseline"]


def test_two_refusals_are_both_told() -> None:
    verdict = decide(outputs(0.3), measured=Measured(bundle_mb=300.0, latency_ms=80.0))

    assert set(failed(verdict)) == {"size", "latency"}
    assert all(sentence in verdict.reason for sentence in failed(verdict).values())


def test_a_limit_that_is_null_is_not_checked() -> None:
    verdict = decide(outputs(0.3), measured=Measured(latency_ms=80.0), max_latency_ms=None)

    assert [gate.name for gate in verdict.gates] == ["baseline", "rows"]


def test_min_score_of_an_error_is_its_largest_value() -> None:
    assert decide(outputs(0.4), metric="log_loss", min_score=0.6).promoted
    assert set(failed(decide(outputs(0.4), metric="log_loss", min_score=0.01))) == {"score"}


def test_everyone_is_listed_with_their_role() -> None:
    verdict = decide(outputs(0.4), outputs(0.1))

    assert [(one.name, one.role) for one in verdict.candidates] == [
        ("xgboost", "challenger"),
        ("forest", "candidate"),
        ("champion v3", "champion"),
        ("baseline", "baseline"),
    ]
    assert verdict.candidates[0].score == verdict.score


@pytest.mark.parametrize("champion", [None, 0.1, 0.9])
def test_json_keeps_everything(champion: float | None) -> None:
    verdict = decide(outputs(0.4), None if champion is None else outputs(champion))

    assert Verdict.from_json(verdict.to_json()) == verdict


@pytest.mark.parametrize("text", ["[]", "{}", '{"outcome": 1}', "no"])
def test_other_json_is_no_verdict(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        Verdict.from_json(text)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_candidate_that_predicts_nothing_finite_is_named(value: float) -> None:
    broken = outputs(0.3)
    broken[[4, 7], 1] = value

    with pytest.raises(
        DataError, match=r"xgboost predicts nothing finite for 2 of 600 .* row 4; leave it out of 'cand"
    ):
        decide(broken)


def test_a_champion_that_predicts_nothing_finite_can_not_be_left_out() -> None:
    broken = outputs(0.3)
    broken[5] = np.nan

    with pytest.raises(DataError, match="champion v3 predicts nothing finite for 1 of 600") as caught:
        decide(outputs(0.3), broken)
    assert "candidates" not in str(caught.value)


def test_test_rows_of_one_class_are_an_error_that_names_it() -> None:
    with pytest.raises(DataError, match="all 600 test rows have the same class of 'churn' \\('no'\\)"):
        judge(
            Sample(np.zeros(600, int)),
            [Contender("xgboost", outputs(0.3))],
            outputs(0.0),
            target=TARGET,
            spec=Spec(name="m", data="-", target="churn"),
        )


def test_a_tiny_perfect_test_promotes_nothing() -> None:
    y = np.array([0, 1] * 4)
    perfect = np.column_stack([1.0 - y, y.astype(float)])

    verdict = judge(
        Sample(y),
        [Contender("xgboost", perfect)],
        np.full((8, 2), 0.5),
        target=TARGET,
        spec=Spec(name="m", data="-", target="churn"),
        champion=Contender("champion v1", np.full((8, 2), 0.5)),
    )

    assert verdict.gain.low == verdict.gain.high == 0.5
    assert (verdict.outcome, set(failed(verdict))) == ("refused", {"rows"})
    assert "rests on 8 test rows (gates.min_test_rows asks for 20)" in verdict.reason
    assert "What helps: bring more rows, or raise split.test." in verdict.reason


def test_a_gain_that_another_seed_and_other_rows_have_by_luck_is_a_tie() -> None:
    def verdict(luck: float, least: float = 0.0) -> Verdict:
        return judge(
            Sample(Y),
            [Contender("xgboost", outputs(0.4), luck=luck)],
            baseline.outputs(Y, TARGET, len(Y)),
            target=TARGET,
            spec=Spec(name="m", data="-", target="churn", gates=Gates(min_gain=least)),
            champion=Contender("champion v1", outputs(0.1)),
        )

    gain = verdict(0.0).gain
    most = math.sqrt(gain.estimate**2 - (gain.estimate - gain.low) ** 2)
    kept = verdict(most * 1.001)

    assert verdict(most * 0.999).promoted
    assert (kept.outcome, set(failed(kept))) == ("kept", {"seeds"})
    assert "by luck. A tie keeps the champion." in kept.reason
    assert set(failed(verdict(most * 0.9, least=gain.low * 0.9))) == {"seeds"}


def test_entities_and_weights_are_told_and_change_the_interval() -> None:
    champion = Contender("champion v1", outputs(0.3, 2))
    spec = Spec(name="m", data="-", target="churn")
    base = baseline.outputs(Y, TARGET, len(Y))

    def verdict(sample: Sample) -> Verdict:
        return judge(sample, [Contender("a", outputs(0.3))], base, target=TARGET, spec=spec, champion=champion)

    alone, together = verdict(Sample(Y)), verdict(Sample(Y, entity=np.arange(600) // 20))

    assert alone.method == "DeLong's formula"
    assert together.method.startswith("a paired bootstrap of the 30 entities, because rows of one entity are alike")
    assert alone.gain.estimate == pytest.approx(together.gain.estimate)
    assert verdict(Sample(Y, np.linspace(0, 2, 600))).gain.estimate != pytest.approx(alone.gain.estimate)
