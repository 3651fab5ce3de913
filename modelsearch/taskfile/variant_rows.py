"""How a task file writes down ways of asking: a grid of what may vary, or a list of named ones."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
Temperature = Annotated[float, Field(ge=0.0, le=2.0)]
Shots = Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)] | list[str]
"""`all`, `none`, `reversed`, `shuffled-7`, a number (so many of the first), or ids of examples in their order."""
VARIANT_TAGS = ("grid", "list")


class VariantRow(BaseModel):
    """One way of asking, named."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1, max_length=100, description="its name: a candidate is called endpoint#name")
    prompt: str | None = Field(None, description="one of `prompts`; the first one unless given")
    examples: Shots | None = Field(
        None, description="which examples it shows: all, none, reversed, shuffled-7, a number, or a list of ids"
    )
    effort: Effort | None = Field(None, description="how hard models that reason are told to think")
    temperature: Temperature | None = Field(None, description="in place of the task's, where an endpoint takes one")
    max_output_tokens: Annotated[int, Field(gt=0, le=1_000_000)] | None = Field(
        None, description="in place of the task's"
    )
    calibrated: bool = Field(False, description="weigh answers by those to inputs without content (log-probabilities)")


class VariantGrid(BaseModel):
    """All combinations of what is listed; what is left out stays as the task says."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    prompts: list[str] | None = Field(None, min_length=1, description="names of `prompts`; all of them unless given")
    examples: list[Shots] | dict[str, Shots] | None = Field(
        None, min_length=1, description="sets of examples, by a name each where they are a mapping"
    )
    efforts: list[Effort] | None = Field(None, min_length=1, description="reasoning efforts")
    temperatures: list[Temperature] | None = Field(None, min_length=1, description="sampling temperatures")
    calibrated: list[bool] | None = Field(
        None, min_length=1, max_length=2, description="[false, true] tries each way as it is and calibrated"
    )


def _shape(value: Any) -> str:
    return "list" if isinstance(value, list) else "grid"


Variants = Annotated[
    Annotated[VariantGrid, Tag("grid")] | Annotated[list[VariantRow], Tag("list"), Field(min_length=1)],
    Discriminator(_shape),
]
