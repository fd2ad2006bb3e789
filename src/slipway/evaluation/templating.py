"""The templates of the report and the model card, with the filters that write numbers for people."""

import jinja2

from slipway.data.schema import Column
from slipway.evaluation import wording


def environment() -> jinja2.Environment:
    """A template environment: HTML is escaped, an unknown variable is an error."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("slipway.evaluation"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": wording.number,
        "plain": wording.plain,
        "signed": wording.signed,
        "count": wording.count,
        "percent": wording.percent,
        "short": wording.short,
        "capital": wording.capital,
        "range": _range,
        "cell": wording.markdown,
    }
    return made


def _range(column: Column) -> str:
    """What was seen in a column, in a few words."""
    if column.levels is not None:
        return f"{len(column.levels)} level{'' if len(column.levels) == 1 else 's'}"
    if column.minimum is None or column.maximum is None or column.kind in ("date", "boolean"):
        return ""
    low, high = (_end(column, end) for end in (column.minimum, column.maximum))
    return low if low == high else f"{low} to {high}"


def _end(column: Column, end: float) -> str:
    return wording.plain(end if column.kind == "integer" else float(f"{end:.4g}"))
