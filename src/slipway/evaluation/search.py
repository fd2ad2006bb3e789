"""The page about a search: every trial, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from slipway.evaluation.svg import MUTED
from slipway.evaluation.templating import environment

_MARKS = ("o", "s", "^", "D", "v", "P", "X")
_MOST = 500
"""Most trials that are listed."""


def page(history: Mapping[str, Any], metric: str, higher_is_better: bool) -> str:
    """Writes the page.

    Args:
        history: What ``slipway.training.store.history`` gives: trials, skipped, folds.
        metric: What a sentence calls the metric.
        higher_is_better: Which scores are better.

    Returns:
        A whole HTML page that opens without the network and needs no script.
    """
    from slipway.evaluation import plots  # matplotlib is slow to import

    trials = history["trials"]
    scored = [trial for trial in trials if trial["score"] is not None]
    best = (max if higher_is_better else min)(scored, key=lambda trial: trial["score"], default=None)

    def draw(axes: plots.Axes) -> None:
        names = sorted({trial["candidate"] for trial in scored})
        for place, name in enumerate(names):
            own = [trial for trial in scored if trial["candidate"] == name]
            colour = plots.LOOKS[place % 2][0]
            points = [trial["number"] for trial in own], [trial["score"] for trial in own]
            axes.scatter(*points, marker=_MARKS[place % len(_MARKS)], color=colour, s=26, linewidths=0, label=name)
        numbers, so_far = _best_so_far(scored, higher_is_better)
        axes.step(numbers, so_far, where="post", color=MUTED, linewidth=1, label="best so far")
        axes.set(xlabel="Trial", ylabel=metric)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, handlelength=1.2)

    caption = f"{metric} of each trial on held-out rows; {'higher' if higher_is_better else 'lower'} is better."
    drawn = Markup(plots.chart("Trials of the search", caption, draw).svg) if scored else Markup()  # noqa: S704 - ours
    return (
        environment()
        .get_template("search.html")
        .render(
            trials=trials[:_MOST],
            count=len(trials),
            given_up=sum(trial["state"] == "given up" for trial in trials),
            seconds=sum(trial["seconds"] for trial in trials),
            skipped=history["skipped"],
            folds=history["folds"],
            metric=metric,
            best=best,
            chart=drawn,
            caption=caption,
        )
    )


def _best_so_far(scored: Sequence[Mapping[str, Any]], higher_is_better: bool) -> tuple[list[int], list[float]]:
    best = np.maximum if higher_is_better else np.minimum
    scores = [trial["score"] for trial in scored]
    return [trial["number"] for trial in scored], best.accumulate(scores).tolist() if scores else []
