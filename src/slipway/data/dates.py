"""Dates in text: the ways in which they are written."""

import polars as pl

FORMATS: dict[str, tuple[str, ...]] = {
    "iso": (
        "%Y-%m-%d",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y/%m/%d",
        "%Y/%m/%d %H:%M:%S",
    ),
    "zoned": ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"),
    "dotted": ("%d.%m.%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"),
    "month_first": ("%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    "day_first": ("%d/%m/%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M"),
}
"""Ways to write a date; a column has one of them throughout."""

_LOOKS_LIKE_DATE = r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{4})(\D|$)"


def parse(text: pl.Series, form: str) -> pl.Series:
    """Dates of a form as naive UTC datetimes in microseconds; null for what is none."""
    text = text.set(~text.str.contains(_LOOKS_LIKE_DATE).fill_null(True), None)
    zone = "UTC" if form == "zoned" else None
    column = pl.col("text")
    tries = [
        column.str.to_datetime(pattern, strict=False, time_unit="us", time_zone=zone, exact=True).dt.replace_time_zone(
            None
        )
        for pattern in FORMATS[form]
    ]
    return pl.DataFrame({"text": text}).select(pl.coalesce(tries)).to_series()


def by_form(text: pl.Series) -> dict[str, pl.Series]:
    """Form to which texts are dates of it; empty when none looks like a date."""
    if not text.str.contains(_LOOKS_LIKE_DATE).any():
        return {}
    return {form: parse(text, form).is_not_null() for form in FORMATS}
