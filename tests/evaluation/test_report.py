import html.parser
import re
from collections.abc import Callable

import numpy as np
import pytest

from slipway.data.schema import Column
from slipway.evaluation.card import card
from slipway.evaluation.content import ReportData
from slipway.evaluation.report import report

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
        "What it reads",
        "Notes on the data",
        "Limits",
        "How to roll back",
    ]
    for said in ("| Made | 2024-02-29 12:30 UTC |", "- id: names a row", "- 7 rows were left out", "age were kept out"):
        assert said in text


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
