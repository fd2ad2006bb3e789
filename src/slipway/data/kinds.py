"""The kind of a column of text, by its evidence."""

from slipway.data.dates import FORMATS
from slipway.data.evidence import Evidence, Found
from slipway.data.schema import Kind
from slipway.errors import DataError

_MIXED_SHARE = 0.9
"""Share of values of one kind from which the others look like mistakes."""


def settle(name: str, evidence: Evidence) -> Kind:
    """The kind of a column.

    Args:
        name: The column's name, for the error.
        evidence: What all of its values parse as.

    Raises:
        DataError: Nearly all values are numbers or dates but some are not, integers are too large to be exact, or
            commas may be decimal or group thousands.
    """
    said = evidence.values - evidence.missing
    if said == 0:
        return "category"
    if evidence.booleans == said:
        return "boolean"
    if date_form(evidence):
        return "date"
    if evidence.integers == said and not evidence.codes:
        if evidence.too_large:
            raise DataError(too_large(name, evidence.too_large))
        return "integer"
    if evidence.codes and evidence.integers == said:
        return "category"
    _refuse_grouped(name, evidence, said)
    if said in (evidence.numbers, evidence.commas, evidence.commas + evidence.integers):
        return "number"
    _refuse_mixed(name, evidence, said)
    return "category"


def date_form(evidence: Evidence) -> str | None:
    """The form of a column's dates; None when it holds anything else, or when day and month can't be told apart."""
    said = evidence.values - evidence.missing
    forms = [name for name in FORMATS if said and getattr(evidence, name) == said]
    return forms[0] if forms and forms != ["month_first", "day_first"] else None


def too_large(name: str, found: Found) -> str:
    """The sentence on an integer that a float64 would round."""
    return (
        f"column {name!r} holds integers beyond 2^53, which a model would round ({found.place}: {found.value}); "
        f"list it under 'identifiers', or keep it as text with types: {{{name!r}: category}}"
    )


def _refuse_grouped(name: str, evidence: Evidence, said: int) -> None:
    if evidence.grouped >= max(1, evidence.commas) and evidence.grouped + evidence.integers == said:
        message = (
            f"column {name!r} has commas in its numbers, as in 1,200, which may be 1200 or 1.2: write thousands "
            f"without them, or keep the column as text with types: {{{name!r}: category}}"
        )
        raise DataError(message)


def _refuse_mixed(name: str, evidence: Evidence, said: int) -> None:
    dates = max(getattr(evidence, form) for form in FORMATS)
    for what, count, found in (("numbers", evidence.numbers, evidence.not_number), ("dates", dates, evidence.not_date)):
        if said * _MIXED_SHARE <= count < said and found:
            message = (
                f"column {name!r} mixes kinds: {count:,} of {said:,} values are {what} and the rest is not "
                f"({found.place}: {found.value[:60]!r}); mend those rows, or say what the column is, for example "
                f"types: {{{name!r}: category}}"
            )
            raise DataError(message)
    if said * _MIXED_SHARE <= dates < said:
        message = (
            f"column {name!r} writes its dates in several ways: {dates:,} of {said:,} are written alike and the rest "
            f"is not; write all of them as 2026-11-21, or keep it as text with types: {{{name!r}: category}}"
        )
        raise DataError(message)
