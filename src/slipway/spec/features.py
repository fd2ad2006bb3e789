"""What each raw column becomes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from slipway.spec.section import Section, Share

DatePart = Literal["year", "month", "day", "weekday", "hour", "age"]
Encoding = Literal["auto", "one_hot", "ordinal", "target", "none"]
Statistic = Literal["lag", "mean", "std", "sum", "min", "max", "count"]


class ColumnFeatures(Section):
    """What one raw or derived column becomes, where that is not what is chosen from the data."""

    use: bool = True
    """False: the column is an input, but gives no feature of its own; derived columns may still use it."""
    impute: Literal["median", "mean", "constant"] = "median"
    """What stands for a missing number or date."""
    fill: float = 0.0
    """The constant of ``impute: constant``; for a date in seconds since 1970."""
    indicator: bool | None = None
    """Whether a feature says that the value was missing; null: when training rows had nulls."""
    clip: tuple[Share, Share] | None = None
    """Quantiles of the training rows that a number is clipped to, such as [0.01, 0.99]; null: none."""
    encode: Encoding = "auto"
    """How a category is encoded; auto: one_hot up to ``levels`` levels, target beyond."""
    levels: int = Field(default=64, ge=1, le=10_000)
    """Most levels of a one_hot or ordinal category that are told apart; the rest are one."""
    min_rows: int = Field(default=5, ge=1)
    """Fewest training rows of such a level, or of an n-gram."""
    parts: tuple[DatePart, ...] | None = None
    """What a date becomes; null: all, without the age where there is one relative to the event time."""
    words: int = Field(default=200, ge=1, le=10_000)
    """Most n-grams of a text that are counted."""
    ngrams: int = Field(default=1, ge=1, le=3)
    """Longest n-gram, in words."""

    @model_validator(mode="after")
    def _clips_from_low_to_high(self) -> "ColumnFeatures":
        if self.clip and self.clip[0] >= self.clip[1]:
            message = "clip must name a lower and then a higher quantile, such as [0.01, 0.99]"
            raise ValueError(message)
        return self


class Window(Section):
    """A value of earlier rows of the same entity, by the event time; a row of the same time is not earlier."""

    column: str = Field(min_length=1)
    """The number, integer or boolean column that is looked at; the target is allowed."""
    statistic: Statistic = "lag"
    """The value so many rows before (lag), or what the earlier rows in the window amount to; std needs two values."""
    rows: int | None = Field(default=None, ge=1, le=100_000)
    """How many rows back; of a lag, which one."""
    days: float | None = Field(default=None, gt=0)
    """How many days back, instead of rows; not for a lag."""

    @model_validator(mode="after")
    def _goes_back_one_way(self) -> "Window":
        if (self.rows is None) == (self.days is None):
            message = "a window goes back by rows or by days: name one of the two"
            raise ValueError(message)
        if self.statistic == "lag" and self.rows is None:
            message = "a lag goes back by rows"
            raise ValueError(message)
        return self

    @property
    def name(self) -> str:
        """Name of the column that it makes, and that the server asks for."""
        if self.statistic == "lag":
            return f"{self.column} lag {self.rows}"
        back = f"{self.rows} rows" if self.rows is not None else f"{self.days:g} days"
        return f"{self.column} {self.statistic} {back}"


class Features(Section):
    """What raw columns become; whatever is not said here is chosen from the training rows."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")] = "1.0.0"
    """Semantic version of the plan: raise it when you change what features mean. A hash of the content stands by it."""
    columns: dict[str, ColumnFeatures] = {}
    """Column to what it becomes, raw or derived."""
    derived: dict[str, str] = {}
    """Name of a new column to an expression of others, such as ``charges / months``."""
    windows: list[Window] = []
    """Lags and rolling statistics of each entity."""
    age: bool = True
    """With an event time that is a date: dates also become days before it, and it becomes an input."""
    folds: int = Field(default=5, ge=2, le=50)
    """Folds of target encoding: a training row's value comes from the other folds."""
    smoothing: float = Field(default=10.0, ge=0)
    """How many rows of the overall mean are added to each level of target encoding."""
    select: Literal["none", "mutual_information", "importance", "elimination"] = "none"
    """How features are chosen, on training rows only."""
    keep: int | None = Field(default=None, ge=1)
    """How many features ``select`` keeps; null: half of them."""
