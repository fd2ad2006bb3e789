"""How a check of the data went."""

from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["passed", "noted", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """How a check went.

    Attributes:
        check: What was checked.
        column: The column it is about; empty for the table.
        verdict: ``failed`` stops the run, ``noted`` is worth a look.
        sentence: What was found, and which setting says so.
        limit: What is allowed, in words; empty when nothing was limited.
        value: What was measured, in words.
        rows: Rows that are outside of the limit.
        sample: The first of them: the row's number, counted from 1 without the header, and its values as text.
    """

    check: str
    column: str
    verdict: Verdict
    sentence: str
    limit: str = ""
    value: str = ""
    rows: int = 0
    sample: tuple[tuple[int, dict[str, str]], ...] = ()

    def with_sample(self, sample: list[tuple[int, dict[str, str]]]) -> "Finding":
        """The same with a sample of rows."""
        return replace(self, sample=tuple(sample))


def judged(passed: bool) -> Verdict:
    """The verdict of a gate."""
    return "passed" if passed else "failed"


def percent(share: float) -> str:
    """A share in words: three significant digits, and never 0% or 100% for what is neither."""
    text = f"{100 * share:.3g}"
    return f"{text}%"
