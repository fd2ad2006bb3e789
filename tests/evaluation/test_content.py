from collections.abc import Callable
from dataclasses import replace

import numpy as np

from slipway.evaluation.card import card
from slipway.evaluation.content import Findings, ReportData
from slipway.evaluation.explanations import Explanations, Importance


def test_importances_are_told_by_raw_column(run: Callable[..., ReportData]) -> None:
    columns = tuple(Importance(name, mean, np.zeros(1), np.zeros(1)) for name, mean in (("a", 0.3), ("b", 0.1)))
    explained = Findings(explanations=Explanations(0.5, "the probability", columns, (), 1, 1))

    assert replace(run(("no", "yes")), findings=explained).importances == {"a": 0.3, "b": 0.1}
    assert replace(run(("no", "yes")), findings=Findings()).importances == {}


def test_the_card_tells_the_setting_and_the_costs(run: Callable[..., ReportData]) -> None:
    costs = {"yes": {"no": 100.0}, "no": {"yes": 5.0}}
    text = card(replace(run(("no", "yes")), setting={"rounds": 40, "calibration": "none"}, costs=costs))

    assert "Its setting: rounds 40, calibration none." in text
    assert "| yes | no | 100 |" in text
