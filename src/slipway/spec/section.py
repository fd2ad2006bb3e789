"""What every section of a spec has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

NULL = "slipway/null"
"""Stands for null in the parameters of a pipeline: KFP takes none inside of a structure."""

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of the spec: fixed, and without fields that are not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _null_by_its_name(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: None if isinstance(value, str) and value == NULL else value for name, value in given.items()}
