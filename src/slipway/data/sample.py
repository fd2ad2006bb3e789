"""A few of the rows that a finding is about."""

from collections.abc import Collection, Iterable

import polars as pl

from slipway.data.finding import Finding
from slipway.data.gates import Checked
from slipway.data.source import Source
from slipway.data.usable import usable
from slipway.spec import Spec

ROWS = 5
"""Rows that are shown of each finding."""

REDACTED = "redacted"

_COLUMNS = 12
_TEXT = 60
_ROW = "\x1frow"


def sampled(checks: Iterable[Checked], source: Source, spec: Spec) -> list[Finding]:
    """Gives each failed check its sample; reads the table until it has them, and not at all when none failed.

    Args:
        checks: The checks.
        source: The table.
        spec: The spec; values of sensitive columns are not shown.
    """
    held = list(checks)
    failed = [index for index, check in enumerate(held) if check.test and check.finding.verdict == "failed"]
    samples: dict[int, list[tuple[int, dict[str, str]]]] = {index: [] for index in failed}
    hidden = frozenset([*spec.sensitive, *spec.sensitive_features])
    start = 1
    for frame in source.batches() if failed else ():
        numbered = frame.with_columns(pl.int_range(start, start + len(frame), eager=True).alias(_ROW))
        start += len(frame)
        kept, _ = usable(numbered, spec)
        for index, sample in samples.items():
            if len(sample) < ROWS:
                sample += _shown(kept, held[index], hidden, ROWS - len(sample))
        if all(len(sample) >= ROWS for sample in samples.values()):
            break
    return [check.finding.with_sample(samples.get(index, [])) for index, check in enumerate(held)]


def _shown(frame: pl.DataFrame, check: Checked, hidden: Collection[str], most: int) -> list[tuple[int, dict[str, str]]]:
    assert check.test is not None  # noqa: S101 - only checks with a test are sampled
    rows = frame.filter(check.test(frame.drop(_ROW))).head(most)
    others = [name for name in frame.columns if name not in (_ROW, check.finding.column)]
    names = [*([check.finding.column] if check.finding.column else []), *others][:_COLUMNS]
    return [
        (row[_ROW], {name: REDACTED if name in hidden else _text(row[name]) for name in names})
        for row in rows.iter_rows(named=True)
    ]


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"
