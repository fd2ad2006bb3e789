import html.parser
import re
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Kind
from slipway.drift import profile as profiles
from slipway.drift.compare import compare
from slipway.drift.comparison import Comparison
from slipway.drift.findings import Findings
from slipway.drift.report import BARS, bars, report
from slipway.spec import Drift

HOSTILE = """<script>alert(1)</script> "quoted" 'single' | a|b & <b>x</b>"""


class Page(html.parser.HTMLParser):
    """What a browser would find on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def comparison(names: list[str], *, shift: float, levels: int = 3, missing: int = 0) -> Comparison:
    random = np.random.default_rng(0)
    kinds: dict[str, Kind] = {name: "category" if at % 2 else "number" for at, name in enumerate(names)}

    def table(move: float) -> dict[str, Any]:
        numbers = random.normal(move, size=(200, 1))
        texts = np.array(
            [[f"{HOSTILE} {HOSTILE * 5} {level + int(9 * move)}"] for level in random.integers(0, levels, 200)], object
        )
        return {name: texts if kind == "category" else numbers for name, kind in kinds.items()}

    kept = dict(list(kinds.items())[missing:])
    reference = profiles.finish(profiles.fit(table(0), kinds))
    return compare(reference, profiles.fit(table(shift), kept), Drift())


def test_a_report_stands_alone_and_shows_what_changed() -> None:
    text = report(Findings(comparison(["amount", "city"], shift=2)), "model", "the training data of champion v1")
    page = Page(text)

    assert not {"script", "link", "img", "iframe"} & page.tags
    assert page.links == []
    assert not re.search(r"@import|url\(", text)
    for said in (
        "model: drift",
        "champion v1 (200 rows)",
        "2 of 2 columns changed",
        "amount",
        "above 2.00",
    ):
        assert said in page.words


def test_no_drift_is_said() -> None:
    words = Page(report(Findings(comparison(["amount"], shift=0)), "model", "the reference")).words

    assert "model: no drift" in words
    assert "changed" not in words


def test_without_a_reference_there_is_only_a_sentence() -> None:
    page = Page(report(None, "model", "There is no champion yet."))

    assert "model: nothing to compare with yet" in page.words
    assert "There is no champion yet." in page.words
    assert "table" not in page.tags


@pytest.mark.parametrize("missing", [0, 1000])
def test_the_report_of_many_columns_with_hostile_names_is_small(missing: int) -> None:
    names = [f"{HOSTILE * 3} {at}" for at in range(2000)]

    text = report(Findings(comparison(names, shift=2, levels=80, missing=missing)), HOSTILE * 9, HOSTILE * 99)
    page = Page(text)

    assert len(text.encode()) < 1_000_000
    assert not {"script", "b"} & page.tags
    assert "<script>alert(1)</script>" in page.words
    assert ("950 more" in page.words) == (missing == 1000)


def test_bars_are_the_bins_that_changed_most_in_their_order() -> None:
    column = next(one for one in comparison(["a", "b"], shift=1, levels=30).columns if one.name == "b")
    change = np.abs(np.subtract(column.now, column.before))

    drawn = bars(column)

    assert len(drawn) == BARS
    assert max(max(bar.wide, bar.wide_now) for bar in drawn) == pytest.approx(100)
    assert min(abs(bar.now - bar.before) for bar in drawn) == pytest.approx(np.sort(change)[-BARS])
    assert drawn[-1].label == "other levels"


def test_empty_bins_are_not_drawn() -> None:
    (column,) = comparison(["amount"], shift=0).columns

    assert not {"missing", "below"} & {bar.label for bar in bars(column)}
