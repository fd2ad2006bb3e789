"""How the candidates are searched."""

from typing import Literal

from pydantic import Field, field_validator

from slipway.spec.section import Section

Folds = Literal["auto"] | int


class Search(Section):
    """How the settings of the candidates are searched. The defaults of every candidate are always tried, and first."""

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    """How settings are proposed: from those that did well (tpe), at random, or every combination of a coarse grid."""
    pruner: Literal["median", "halving", "hyperband", "none"] = "median"
    """When a trial is given up: below the median, by successive halving, by Hyperband, or never."""
    trials: int = Field(default=10, ge=1, le=100_000)
    """Trials over all candidates, the defaults among them."""
    seconds: float = Field(default=600, ge=0)
    """Seconds after which no trial is begun, and one that can be given up is; the defaults are tried in any case."""
    folds: Folds = "auto"
    """Folds of a cross-validation over training and validation rows; 0 scores on the validation rows alone. auto is 5
    below 1,000 of these rows, else 0. Folds keep the rows of an entity together and the order of the event time."""
    imbalance: Literal["auto", "weights", "none"] = "auto"
    """Whether rare classes weigh more in training: auto tries both where a class is rarer than a fifth of an even
    share. Probabilities are corrected for the weights."""
    calibration: Literal["auto", "none"] = "auto"
    """Whether probabilities are calibrated where that improves them on held-out rows by more than noise."""
    repeats: int = Field(default=10, ge=0, le=100)
    """Trainings of the winner with other seeds, as far as ``seconds`` are left: what they differ by is luck, and a
    challenger must gain more to replace a champion. Below 2 that is not measured."""
    memory_mb: float = Field(default=4096, gt=0)
    """Size of the features of training and validation rows in memory (float32, in 10^6 bytes) above which they are read
    from disk part by part; only candidates that can train in this way (xgboost) are tried then."""
    storage: str = ""
    """Local folder that remembers a search while it runs, so that one that was killed goes on; empty for none."""

    @field_validator("folds")
    @classmethod
    def _enough_folds(cls, value: Folds) -> Folds:
        if isinstance(value, int) and (value == 1 or not 0 <= value <= 50):
            message = "should be auto, 0, or 2 to 50"
            raise ValueError(message)
        return value
