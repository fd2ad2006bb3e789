"""How rows are divided."""

from pydantic import Field, model_validator

from slipway.spec.section import Section, Share


class Split(Section):
    """How rows are divided into training, validation and test."""

    validation: Share = 0.2
    """Share of rows that candidates are compared on."""
    test: Share = 0.2
    """Share of rows that the winner and the champion are judged on; no training or selection sees them."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    """Changes which rows fall where, and the random numbers of the candidates."""

    @model_validator(mode="after")
    def _leaves_training_rows(self) -> "Split":
        if self.validation <= 0 or self.test <= 0 or self.validation + self.test > 0.8:
            message = "validation and test must both be above 0 and leave at least 0.2 of the rows for training"
            raise ValueError(message)
        return self
