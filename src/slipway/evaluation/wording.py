"""Numbers and names as people read them: in sentences, in the card and in the report."""

import math
import re

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def number(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of decimals below ten, and of significant digits above.

    Args:
        value: The number; None and NaN become a dash.
        digits: Decimals of a number below ten.
    """
    if value is None or math.isnan(value):
        return DASH
    size = abs(value)
    decimals = digits if size < 10 else max(0, digits - int(math.log10(size)))
    text = f"{size:,.{decimals}f}" if size == 0 or 10**-digits <= size < 1e9 else f"{size:.{digits - 1}g}"
    return f"{MINUS}{text}" if value < 0 else text


def signed(value: float, digits: int = 3) -> str:
    """A difference: like ``number``, with a plus sign above zero."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def span(low: float, high: float, digits: int = 3) -> str:
    """The two ends of an interval."""
    return f"{number(low, digits)} to {number(high, digits)}"


def plain(value: float) -> str:
    """A number that someone chose, such as a limit: no more digits than it has."""
    return f"{value:,.6g}"


def count(value: int) -> str:
    """A count with separated thousands."""
    return f"{value:,}"


def percent(share: float) -> str:
    """A share as a percentage without trailing zeros."""
    return f"{share * 100:.4g}%"


def short(name: str, length: int = 24) -> str:
    """A name on one line, cut where it is long.

    Args:
        name: Any text.
        length: Most characters that are kept.
    """
    line = re.sub(r"[\s\x00-\x1f\x7f]+", " ", name).strip()
    return line if len(line) <= length else f"{line[: length - 1]}…"


def capital(sentence: str) -> str:
    """The sentence with its first letter large, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def listing(items: list[str]) -> str:
    """Items with commas and a last "and"."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)
