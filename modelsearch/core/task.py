"""The client's job to be done: items with targets, prompts, a scorer, requirements and how sure to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from modelsearch.core.candidate import NO_VARIANT
from modelsearch.core.ids import ItemId, Json, PromptId, TaskId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Status
from modelsearch.core.variant import Variant

Metric = Literal["mean", "class_weighted_mean"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One example. `input` is text or an object whose fields the prompt names; `target` is what the scorer expects.

    Attributes:
        cluster: items of one cluster are drawn together (a document, a user); None = its own cluster.
        weight: relative weight in the task's mean, > 0.
        human_answer, human_score: an answer that people have scored, and how, on the judge's own scale; for telling
            how far a judge agrees with them. Both or neither.
    """

    id: ItemId
    input: Json
    target: Json
    cluster: str | None = None
    weight: float = 1.0
    human_answer: str | None = None
    human_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Jinja2 templates over `input`, `item`, `labels`, `examples`; `system` may be empty.

    Attributes:
        example_ids: the task's examples that it shows, in their order; None = all, as the task lists them.
        template_id: names the templates where several prompts share them and show other examples; "" = its own id.
    """

    id: PromptId
    user: str
    system: str = ""
    example_ids: tuple[ItemId, ...] | None = None
    template_id: PromptId = NO_VARIANT


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorerSpec:
    """A registered scorer and its parameters."""

    name: str
    params: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Hard limits and wishes of the client. None or empty = no limit.

    Attributes:
        max_cost_usd_per_1k: serving cost in USD per 1,000 items.
        max_latency_s: 95th percentile in s per item.
        min_quality: lowest quality accepted, in score units; `target_quality`: where more earns nothing (default:
            the baseline's).
        weights: of cost, quality, latency in the composite score; terms without a limit are left out.
        include, exclude: globs over endpoint ids.
        needs: of open-weights, region=XX, zdr, and any endpoint capability.
        is_kind_strict: `avoids` of the task kind drop instead of lowering the rank.
    """

    max_cost_usd_per_1k: Decimal | None = None
    max_latency_s: float | None = None
    min_quality: float | None = None
    target_quality: float | None = None
    weights: Mapping[str, float] = field(default_factory=lambda: {"cost": 0.4, "quality": 0.4, "latency": 0.2})
    min_context_tokens: int | None = None
    providers: frozenset[str] = frozenset()
    pricing: frozenset[str] = frozenset()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    is_kind_strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpec:
    """A task. `margin` is the largest loss of quality accepted, in score units; `alpha` the false-certificate level.

    Attributes:
        status_scores: the score that a status other than ok counts as (refused, truncated, invalid: 0.0 unless the
            client says otherwise); statuses not named stay without a score.
        max_output_tokens: of the answer; sent with every call, for it bounds what a call can cost.
        reasoning_tokens: added for endpoints that reason, whose thoughts count as output: room to think.
        variants: ways of asking; a candidate is an endpoint with one of them, the first where none is named. Empty =
            every prompt, with the parameters of the task.
    """

    id: TaskId
    kind: str
    items: tuple[Item, ...]
    prompts: tuple[Prompt, ...]
    scorer: ScorerSpec
    margin: float = 0.02
    alpha: float = 0.05
    metric: Metric = "mean"
    labels: tuple[str, ...] = ()
    examples: tuple[Item, ...] = ()
    requirements: Requirements = field(default_factory=Requirements)
    status_scores: Mapping[Status, float] = field(
        default_factory=lambda: {Status.REFUSED: 0.0, Status.TRUNCATED: 0.0, Status.INVALID: 0.0}
    )
    max_output_tokens: int = 512
    temperature: float | None = 0.0
    n_repeats: int = 1
    reasoning_tokens: int = 2048
    variants: tuple[Variant, ...] = ()


def output_limit_tokens(task: TaskSpec, endpoint: Endpoint, wanted: int | None = None) -> int:
    """The most output that a call may have, hidden reasoning included, and no more than the endpoint can give.

    Args:
        task: whose limits hold.
        endpoint: what is called.
        wanted: tokens of the answer, where a candidate has a limit of its own.
    """
    limit = wanted or task.max_output_tokens
    if "reasoning" in endpoint.capabilities:
        limit += task.reasoning_tokens
    return min(limit, endpoint.max_output_tokens or limit)
