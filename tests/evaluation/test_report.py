import html.parser
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Column
from slipway.evaluation import fairness, groups
from slipway.evaluation.card import card
from slipway.evaluation.content import Findings, ReportData
from slipway.evaluation.explanations import explanations
from slipway.evaluation.report import report
from slipway.evaluation.returns import returns
from slipway.evaluation.sample import Sample
from slipway.evaluation.slices import search
from slipway.evaluation.standing import Contender
from slipway.spec import Gates, Spec

Run = Callable[..., ReportData]
HOSTILE = """<script>alert(1)</script> "quoted" 'single' | a|b & <b>`code`</b> id="x" #010203"""
TASKS = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c", "d", "e"), "regression": ()}


class Page(html.parser.HTMLParser):
    """What a browser would find on a page."""

    VOID = frozenset({"meta", "line", "circle", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("classes", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("champion", [False, True])
def test_a_report_stands_alone(run: Run, classes: tuple[str, ...], champion: bool) -> None:
    text = report(run(classes, champion=champion))
    page = Page(text)

    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert not re.search(r"@import|url\((?!#)", text)
    assert "nan" not in page.words.lower().split()
    for heading in ("Gates", "Candidates", "All metrics of xgboost", "Charts", "Data"):
        assert heading in page.words


@pytest.mark.parametrize(
    ("task", "charts"),
    [
        ("binary", ["Confusion matrix", "Scores by class", "Calibration", "ROC curve", "Precision and recall"]),
        ("multiclass", ["Confusion matrix", "ROC curves", "Calibration", "Probability of the true class"]),
        ("regression", ["Predicted and actual", "Errors by prediction", "Size of the errors"]),
    ],
)
def test_each_task_has_its_charts(run: Run, task: str, charts: list[str]) -> None:
    text = report(run(TASKS[task]))

    assert [chart for chart in charts if f"<strong>{chart}</strong>" not in text] == []
    assert text.count("<figure>") == text.count('<svg role="img" aria-label="')


def test_the_report_of_many_columns_is_small(run: Run) -> None:
    inputs = tuple(Column(f"{HOSTILE} {'long ' * 50}{at}", "number", True, -1.5, 1e6 + at) for at in range(500))
    excluded = {f"left out {'long ' * 50}{at}": "it holds one value only" for at in range(5000)}

    text = report(run(inputs=inputs, excluded=excluded, notes=("a note of many words",) * 2000))

    assert len(text.encode()) < 1_000_000
    assert "And 4500 more" in text


def test_the_report_of_many_classes_is_small(run: Run) -> None:
    names = tuple(f"class {at} {'long ' * 50}" for at in range(100))

    text = report(run(names, rows=3000))

    assert len(text.encode()) < 1_000_000
    assert "89 others" in text


def test_the_report_of_many_rows_is_small(run: Run) -> None:
    text = report(run((), rows=30_000))

    assert len(text.encode()) < 1_000_000
    assert "1,000 of 30,000 rows are drawn." in text


def test_hostile_names_are_text(run: Run) -> None:
    inputs = (Column(HOSTILE, "category", False, levels=(HOSTILE,)),)

    text = report(
        run(
            (f"not {HOSTILE}", HOSTILE),
            inputs=inputs,
            target=HOSTILE,
            excluded={HOSTILE: HOSTILE},
            notes=(HOSTILE,),
            dropped={HOSTILE: 3},
            data=HOSTILE,
        )
    )
    page = Page(text)

    assert "script" not in page.tags
    assert "b" not in page.tags
    assert page.handlers == []
    assert page.words.count(HOSTILE) >= 2


def test_a_name_that_looks_like_a_drawing_is_not_changed(run: Run) -> None:
    words = Page(report(run(("#010203", 'id="x')))).words

    assert "#010203" in words
    assert 'Probability of id="x' in words


@pytest.mark.parametrize("classes", [("no", "yes"), ("a", "b", "c")])
def test_test_rows_of_one_class_have_no_curves(run: Run, classes: tuple[str, ...]) -> None:
    data = run(classes)
    same = np.zeros_like(data.y)

    text = report(ReportData(**{**{name: getattr(data, name) for name in data.__slots__}, "y": same}))

    assert "<strong>ROC curve" not in text
    assert "<strong>Confusion matrix" in text


@pytest.mark.parametrize("classes", TASKS.values(), ids=TASKS)
def test_a_card_has_its_sections(run: Run, classes: tuple[str, ...]) -> None:
    text = card(
        run(classes, champion=True, sensitive=("age",), excluded={"id": "names a row"}, dropped={"no target": 7})
    )

    assert re.findall(r"^#+ (.*)", text, re.MULTILINE) == [
        "model",
        "What it is for",
        "How good it is",
        "What was compared",
        "Gates",
        "Where it is worse",
        "Fairness",
        "What it reads",
        "Notes on the data",
        "Limits",
        "Who approved it",
        "How to roll back",
    ]
    for said in ("| Made | 2024-02-29 12:30 UTC |", "- id: names a row", "- 7 rows were left out", "age were kept out"):
        assert said in text


def test_a_card_tells_sensitive_columns_that_are_read_from_those_that_are_not(run: Run) -> None:
    shown = run(("no", "yes"), champion=True, sensitive=("age", "a"))
    read = replace(shown, schema=replace(shown.schema, columns=(Column("age", "integer", nullable=False),)))

    text = card(read)

    assert "\n- a were kept out of the features" in text
    assert "\n- age is sensitive and read all the same" in text


@pytest.mark.parametrize("champion", [False, True])
def test_a_card_says_who_approved_it_and_how_to_take_it_back(run: Run, champion: bool) -> None:
    data = run(champion=champion)

    text = card(replace(data, verdict=replace(data.verdict, promoted=not champion, kept=champion)))

    assert ("Nobody. Not promoted: the champion stays." in text) == champion
    assert ("no person was asked. Nobody who is named answers for it." in text) != champion
    assert f"`slipway rollout undo --context NAME --name {data.name}`" in text


def test_tables_of_a_card_keep_their_cells_with_hostile_names(run: Run) -> None:
    inputs = (Column(HOSTILE + "\n# heading", "number", False, 0.0, 1.0),)

    text = card(run(("no", HOSTILE), inputs=inputs, target=HOSTILE, data=HOSTILE, excluded={HOSTILE: HOSTILE}))

    assert not re.search(r"(?<!\\)<", text)
    assert "\n# heading" not in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()]
        assert len(set(cells)) == 1, table


def test_ranges_are_told_in_the_digits_they_have(run: Run) -> None:
    inputs = (
        Column("year", "integer", False, 1999, 2024),
        Column("share", "number", False, 0.0, 0.123456),
        Column("same", "integer", False, 3, 3),
        Column("plan", "category", False, levels=("a",)),
        Column("flag", "boolean", False, 0, 1),
    )

    text = card(run(inputs=inputs))

    for row in (
        "year | integer | no | 1,999 to 2,024 |",
        "| 0 to 0.1235 |",
        "| no | 3 |",
        "| 1 level |",
        "boolean | no |  |",
    ):
        assert row in text


@pytest.mark.parametrize("classes", TASKS.values(), ids=TASKS)
def test_findings_are_told_in_report_and_card(run: Run, classes: tuple[str, ...]) -> None:
    data = found_out(run(classes, inputs=(Column("age", "number", False), Column(HOSTILE, "category", True))))
    text, words = report(data), card(data)
    page = Page(text)

    assert "script" not in page.tags
    assert len(text.encode()) < 1_000_000
    assert len(page.ids) == len(set(page.ids))
    for heading in ("Worth knowing", "Where it is worse", "Fairness", "What predictions rest on", "Some rows in words"):
        assert heading in page.words
    assert ("What deciding by it earns" in page.words) == bool(classes)
    assert "## What predictions rest on" in words
    assert "By age" in words
    assert f"The gates above, on {data.when}" in words
    assert "no person was asked. risk team answers for it." in words
    assert "| Owner | risk team |" in words
    assert "| Period of train | 2024-01-01 00:00 to 2024-02-01 00:00 UTC |" in words


def found_out(data: ReportData) -> ReportData:
    """The run with everything that can be found out, on two columns with names that are not kind."""
    random, target = np.random.default_rng(0), data.schema.target
    inputs = {
        "age": random.normal(size=(len(data.y), 1)),
        HOSTILE: random.choice([HOSTILE, "plain", ""], (len(data.y), 1)).astype(object),
    }
    sample, kinds = Sample(data.y), data.schema.kinds
    parts = [groups.of(name, values, kinds[name]) for name, values in inputs.items()]
    given = Spec(
        name="m",
        data="-",
        target="t",
        costs={target.classes[0]: {target.classes[1]: 3.0}} if target.classes else {},
        gates=Gates(resamples=100),
    )
    width = data.outputs.shape[1:]

    def predict(rows: Any) -> Any:
        pulled = np.tanh(rows["age"]) / 4 + 0.25 * (rows[HOSTILE] == HOSTILE)
        return pulled.ravel() if not width else np.tile(pulled, (1, *width))

    told = Findings(
        slices=search(np.abs(inputs["age"].ravel()), parts, sample, 0.95),
        treatments=fairness.treatments(parts, sample, data.outputs, target, given),
        explanations=explanations(predict, inputs, data.y, data.outputs, data.schema),
        returns=returns(sample, [Contender("xgboost", data.outputs)], np.ones(len(target.classes)), target, given),
    )
    ends = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC))
    verdict = replace(data.verdict, remarks=("It never answers 'yes'.",))
    return replace(data, findings=told, verdict=verdict, owner="risk team", periods={"train": ends})
