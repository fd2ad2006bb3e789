"""Numbers and names as people read them: in sentences, in the card and in the report."""

import math
import re

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"

_TIMES = "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | None, digits: int = 3) -> str:
    """A number with a fixed count of decimals below ten, and of significant digits above.

    Args:
        value: The number; None and NaN become a dash.
        digits: Decimals of a number below ten.
    """
    if value is None or math.isnan(value):
        return DASH
    size = abs(value)
    return f"{MINUS if value < 0 else ''}{_fixed(size, digits) if _is_handy(size) else _scientific(size, digits - 1)}"


def signed(value: float, digits: int = 3) -> str:
    """A difference: like ``number``, with a plus sign above zero."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def span(low: float, high: float, digits: int = 3) -> str:
    """The two ends of an interval."""
    return f"{number(low, digits)} to {number(high, digits)}"


def plain(value: float) -> str:
    """A number that someone chose, such as a limit: no more digits than it has."""
    return f"{value:,.10g}" if value == 0 or 1e-4 <= abs(value) < 1e9 else _scientific(value, 6)


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


def _is_handy(size: float) -> bool:
    return size == 0 or 1e-5 <= size < 1e9


def _fixed(size: float, digits: int) -> str:
    decimals = digits if size < 10 else max(0, digits - int(math.log10(size)))
    if 0 < size < 10**-digits:
        decimals = 1 - math.floor(math.log10(size))
    return f"{size:,.{decimals}f}"


def _scientific(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return str(value)
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}{_TIMES}10{str(int(exponent)).translate(_RAISED)}"


def markdown(text: object) -> str:
    """Text in one line of Markdown that stays in its table cell and is not taken for markup."""
    line = " ".join(str(text).split())
    for mark in "\\`*_[]<>|":
        line = line.replace(mark, f"\\{mark}")
    return line
