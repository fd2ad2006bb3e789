"""How the table may differ from the one that the champion was trained on."""

from typing import Literal

from slipway.spec.section import Section

Reaction = Literal["allow", "stop"]


class Evolution(Section):
    """Whether a column that is not what it was for the champion stops the run; it is reported either way."""

    added: Reaction = "allow"
    """A column that the champion did not know."""
    missing: Reaction = "stop"
    """A column that the champion reads is not there any more."""
    renamed: Reaction = "stop"
    """A column is missing, and a new one has a similar name and similar values."""
    retyped: Reaction = "stop"
    """A column is of another kind than it was; integers that become numbers are not."""
    levels: Reaction = "allow"
    """A category has levels that the champion never saw."""
