"""Limits on the data."""

from pydantic import Field

from slipway.spec.section import Section, Share


class Quality(Section):
    """Limits on the data; data outside of them stops the run."""

    min_rows: int = Field(default=50, ge=10)
    """Fewest rows with a target that are worth training on."""
    max_null_share: Share = 0.5
    """Largest share of nulls in a column; a column above it is left out and named in the report."""
    max_dropped_share: Share = 0.5
    """Largest share of rows that may be dropped because their target is null."""
