"""The keys of a task file and what each may hold; anything else is refused."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from modelsearch.taskfile.variant_rows import Variants

Share = Annotated[float, Field(ge=0.0, le=1.0)]


# what `checks` holds them to, for editors
_MARGIN: dict[str, Any] = {"minimum": 0, "exclusiveMaximum": 1}
_ALPHA: dict[str, Any] = {"exclusiveMinimum": 0, "maximum": 0.5}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PromptRow(_Strict):
    """A prompt with a system part."""

    user: str = Field(min_length=1, description="Jinja2 template over input, item, labels, examples: {{ input }}")
    system: str = Field("", description="template of the system message; none where it is empty")


class RequirementRow(_Strict):
    """Hard limits and wishes; what is left out is no limit."""

    max_cost_usd_per_1k: Annotated[Decimal, Field(gt=0)] | None = Field(
        None, description="serving cost of 1,000 items in USD"
    )
    max_latency_s: Annotated[float, Field(gt=0)] | None = Field(None, description="95th percentile in s per item")
    min_quality: Share | None = Field(None, description="lowest quality accepted, in score units")
    target_quality: Share | None = Field(
        None, description="quality beyond which more earns nothing; the baseline's unless given"
    )
    weights: dict[Literal["cost", "quality", "latency"], Annotated[float, Field(ge=0)]] | None = Field(
        None, description="of the composite score, as in {cost: 0.4, quality: 0.4, latency: 0.2}"
    )
    min_context_tokens: Annotated[int, Field(gt=0)] | None = Field(None, description="least context in tokens")
    providers: list[str] = Field([], description="only these providers, by id")
    pricing: list[Literal["premium", "variable", "budget", "local"]] = Field([], description="only these classes")
    include: list[str] = Field([], description="only endpoints that match one of these globs")
    exclude: list[str] = Field([], description="no endpoint that matches one of these globs")
    needs: list[str] = Field([], description="open-weights, region=XX, zdr, or a capability such as json_schema")
    is_kind_strict: bool = Field(False, description="drop what the task kind avoids, in place of ranking it lower")

    @field_validator("max_cost_usd_per_1k", mode="before")
    @classmethod
    def _decimal_text(cls, value: Any) -> Any:
        # YAML hands over a float; its shortest text is what the user wrote
        return str(value) if isinstance(value, float) else value


class FieldRow(_Strict):
    """Which column of the items holds what. A list for `input` makes an object of these columns."""

    input: str | Annotated[list[str], Field(min_length=1)] = Field(
        "input", description="what models are shown: a column, or several, then {{ input.NAME }} in the prompt"
    )
    target: str = Field("target", description="the right answer, as the scorer expects it")
    id: str = Field("id", description="distinct ids; a row without one is called by its line")
    cluster: str = Field("cluster", description="items of one cluster are drawn together: a document, a customer")
    weight: str = Field("weight", description="weight in the mean, > 0; 1 where there is none")
    human_answer: str = Field("human_answer", description="an answer that people have scored")
    human_score: str = Field("human_score", description="how people scored it, on the judge's own scale")


class TaskFile(_Strict):
    """A task: items with targets, a prompt, a scorer, and how sure to be. Paths are relative to this file."""

    id: str = Field(min_length=1, max_length=200, description="name of the task")
    kind: str = Field(min_length=1, description="kind of task; gives scorer and margin where these are left out")
    items: str = Field(min_length=1, description="file of items: .jsonl, .csv or .parquet")
    prompt: str | PromptRow | None = Field(
        None, description="what models are told, with {{ input }} where the item goes; else give `prompts`"
    )
    prompts: dict[str, str | PromptRow] | None = Field(
        None, description="several prompts by name; a candidate is an endpoint with a prompt"
    )
    variants: Variants | None = Field(
        None, description="ways of asking: a grid of what may vary, or a list of named ones (docs/prompts.md)"
    )
    scorer: str | dict[str, Any] | None = Field(
        None, description="a scorer's name, or {name: ..., and its parameters} (docs/scorers.md)"
    )
    labels: list[str] = Field(
        [],
        description="classes of a classification; put yes, no, on, off in quotes",
        json_schema_extra={"items": {"type": ["string", "integer"]}},
    )
    examples: str | list[dict[str, Any]] | None = Field(
        None, description="few-shot examples for the prompt: a file, or items as the items file has them"
    )
    metric: Literal["mean", "class_weighted_mean"] = Field(
        "mean", description="class_weighted_mean counts each class alike, however many items it has"
    )
    margin: Annotated[float, Field(json_schema_extra=_MARGIN)] | None = Field(
        None, description="largest loss of quality accepted, in score units: 0.02 is two points in a hundred"
    )
    alpha: Annotated[float, Field(json_schema_extra=_ALPHA)] | None = Field(
        None, description="rate of false certificates accepted; 0.05 unless given"
    )
    max_output_tokens: Annotated[int, Field(gt=0, le=1_000_000)] = Field(
        512, description="room for an answer; it bounds what a call can cost"
    )
    reasoning_tokens: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        2048, description="added for models that think, whose thoughts count as output"
    )
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = Field(
        0.0, description="of sampling; null leaves it to the provider"
    )
    repeats: Annotated[int, Field(ge=1, le=100)] = Field(
        1, description="answers to each item, where they vary; the claim is then about the population"
    )
    counts_as: dict[Literal["refused", "truncated", "invalid"], Share | None] = Field(
        {}, description="score of what is no answer, 0 unless given; null = no score at all"
    )
    requirements: RequirementRow = Field(default_factory=RequirementRow, description="hard limits and wishes")
    fields: FieldRow = Field(default_factory=FieldRow, description="which column of the items holds what")

    @field_validator("labels", mode="before")
    @classmethod
    def _label_text(cls, value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(label, bool) for label in value):
            message = "YAML reads yes, no, true, false, on and off as booleans: put such labels in quotes"
            raise ValueError(message)
        return (
            [str(label) if isinstance(label, int) else label for label in value] if isinstance(value, list) else value
        )
