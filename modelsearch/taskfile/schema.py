"""The keys of a task file and what each may hold; anything else is refused."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from modelsearch.taskfile.variant_rows import Variants

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PromptRow(_Strict):
    """A prompt with a system part."""

    user: str = Field(min_length=1)
    system: str = ""


class RequirementRow(_Strict):
    """`core.task.Requirements` as a user writes it."""

    max_cost_usd_per_1k: Annotated[Decimal, Field(gt=0)] | None = None
    max_latency_s: Annotated[float, Field(gt=0)] | None = None
    min_quality: Share | None = None
    target_quality: Share | None = None
    weights: dict[Literal["cost", "quality", "latency"], Annotated[float, Field(ge=0)]] | None = None
    min_context_tokens: Annotated[int, Field(gt=0)] | None = None
    providers: list[str] = []
    pricing: list[Literal["premium", "variable", "budget", "local"]] = []
    include: list[str] = []
    exclude: list[str] = []
    needs: list[str] = []
    is_kind_strict: bool = False

    @field_validator("max_cost_usd_per_1k", mode="before")
    @classmethod
    def _decimal_text(cls, value: Any) -> Any:
        # YAML hands over a float; its shortest text is what the user wrote
        return str(value) if isinstance(value, float) else value


class FieldRow(_Strict):
    """Which column of the items holds what. A list for `input` makes an object of these columns."""

    input: str | Annotated[list[str], Field(min_length=1)] = "input"
    target: str = "target"
    id: str = "id"
    cluster: str = "cluster"
    weight: str = "weight"
    human_answer: str = "human_answer"
    human_score: str = "human_score"


class TaskFile(_Strict):
    """One task file."""

    id: str = Field(min_length=1, max_length=200)
    kind: str = Field(min_length=1)
    items: str = Field(min_length=1)
    prompt: str | PromptRow | None = None
    prompts: dict[str, str | PromptRow] | None = None
    variants: Variants | None = None
    scorer: str | dict[str, Any] | None = None
    labels: list[str] = []
    examples: str | list[dict[str, Any]] | None = None
    metric: Literal["mean", "class_weighted_mean"] = "mean"
    margin: float | None = None
    alpha: float | None = None
    max_output_tokens: Annotated[int, Field(gt=0, le=1_000_000)] = 512
    reasoning_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = 2048
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = 0.0
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    counts_as: dict[Literal["refused", "truncated", "invalid"], Share | None] = {}
    requirements: RequirementRow = Field(default_factory=RequirementRow)
    fields: FieldRow = Field(default_factory=FieldRow)

    @field_validator("labels", mode="before")
    @classmethod
    def _label_text(cls, value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(label, bool) for label in value):
            message = "YAML reads yes, no, true, false, on and off as booleans: put such labels in quotes"
            raise ValueError(message)
        return (
            [str(label) if isinstance(label, int) else label for label in value] if isinstance(value, list) else value
        )
