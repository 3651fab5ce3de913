"""What can be bought: models, providers, endpoints with dated prices, and what the catalogue knows about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from modelsearch.core.ids import EndpointId, ModelId, ProviderId

RateKind = Literal[
    "input", "output", "reasoning", "cache_read", "cache_write_5m", "cache_write_1h", "request", "compute_second"
]
RatePer = Literal["mtok", "call", "second"]
Processing = Literal["standard", "batch", "flex", "priority"]
Architecture = Literal["dense", "moe", "hybrid", "unknown"]
PricingClass = Literal["premium", "variable", "budget", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One dated price row. Rows are appended, never edited, so that old spend keeps its price.

    Attributes:
        usd: price in USD; None = unknown, never 0.
        min_prompt_tokens: the row holds for prompts of more tokens than this (the whole call moves to the row).
        utc_window: half-open "HHMM" pair in UTC, may wrap midnight; None = always.
        is_disputed: two sources differ by more than 2 %; `usd` is then the higher.
    """

    kind: RateKind
    usd: Decimal | None
    per: RatePer = "mtok"
    processing: Processing = "standard"
    min_prompt_tokens: int = 0
    utc_window: tuple[str, str] | None = None
    valid_from: date = date(1970, 1, 1)
    observed_at: date = date(1970, 1, 1)
    source: str = ""
    is_disputed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One published benchmark score, with its source; `value` in the benchmark's own unit scaled to [0, 1]."""

    benchmark: str
    metric: str
    value: float
    variant: str = ""
    observed_on: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights with a version, whoever serves them. None = unknown; unknown size is never a reason to drop."""

    id: ModelId
    family: str
    architecture: Architecture = "unknown"
    params_b: float | None = None
    active_params_b: float | None = None
    training_tokens_t: float | None = None
    released: date | None = None
    languages: tuple[str, ...] = ()
    modalities_in: tuple[str, ...] = ("text",)
    modalities_out: tuple[str, ...] = ("text",)
    is_open_weights: bool | None = None
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who bills. The key is named by its environment variable and never stored.

    Attributes:
        dialect: registered wire format.
        max_concurrency: upper end of calls in flight per account; `rpm`, `tpm`: requests, tokens a minute or None.
        is_zdr: zero data retention by default or by a field of the request (which is then sent); a contract or a
            setting of the account cannot be seen from here, so it is no True.
        regions: where calls are processed, all of them; empty = not known.
        batch: registered batch dialect, or None where it has no batches.
    """

    id: ProviderId
    name: str
    dialect: str
    base_url: str
    key_env: str | None
    pricing_class: PricingClass
    strengths: tuple[str, ...] = ()
    best_for: tuple[str, ...] = ()
    max_concurrency: int = 16
    rpm: int | None = None
    tpm: int | None = None
    timeout_s: float = 120.0
    regions: tuple[str, ...] = ()
    is_zdr: bool | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model served by a provider at a price: what is called.

    Attributes:
        wire_name: the model name sent on the wire.
        host: the upstream host to pin (an OpenRouter endpoint tag), or None.
        capabilities: of tools, json_schema, reasoning, no_temperature, max_completion_tokens, seed, logprobs,
            prompt_cache, no_system.
        deprecated_on: last day of service, or None.
        recorded_latency_s: latency seen before in s per call (median), or None.
        revision: names what stands behind the endpoint since it was known to change; "" = as it was first. Replies of
            another revision are no answers of this one.
    """

    id: EndpointId
    model_id: ModelId
    provider_id: ProviderId
    wire_name: str
    rates: tuple[Rate, ...]
    quantization: str | None = None
    region: str | None = None
    host: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[str] = frozenset()
    deprecated_on: date | None = None
    recorded_latency_s: float | None = None
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A band of blended list price (3 input : 1 output), in USD per Mtok: [min, max)."""

    name: str
    min_usd_per_mtok: Decimal
    max_usd_per_mtok: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskKind:
    """What a kind of task asks of a model. `requires` are capabilities; `prefers`, `avoids` are strengths or kinds."""

    id: str
    requires: frozenset[str] = frozenset()
    prefers: frozenset[str] = frozenset()
    avoids: frozenset[str] = frozenset()
    min_params_b: float | None = None
    min_context_tokens: int | None = None
    scorer: str = "exact"
    margin: float = 0.02
    benchmarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A lineage of models with what it is known for; `lineage` names its parent family or None.

    Attributes:
        prefixes: beginnings of the ids of models that belong to it; of all families the longest one wins.
    """

    id: str
    lineage: str | None = None
    characteristics: frozenset[str] = frozenset()
    strengths: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialisation:
    """Prior merit of a provider or family at a kind of task, in [-1, 1], with its evidence."""

    subject: Literal["provider", "family"]
    subject_id: str
    task_kind: str
    prior: float
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexityBand:
    """Sizes suited to a band of task complexity: complexity below `below` calls for min..max params (billions)."""

    below: float
    min_params_b: float | None
    max_params_b: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexityRule:
    """Weights of the task features (they sum to 1) and the bands of the score in [0, 1]."""

    weights: Mapping[str, float]
    bands: tuple[ComplexityBand, ...]
    reasoning_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingRule:
    """How good a model of known size can be at most, as its gap to a dear and well-chosen baseline, in score units.

    At a level the gap is at most `intercept` + `slopes` times the pieces of log size (`stats.scaling.segments`) + the
    effects of architecture and family + the level's offset. It was learnt from baselines among the most accurate of
    the dear, and says nothing of others.

    Attributes:
        knots_b: (n_knots,) billions of parameters; slopes: (n_knots,) at least 0, above the last knot flat.
        architectures, families: effects by name; a family's key stands for all families that begin with it.
        offsets: pairs of a level in (0, 1) and what is added at it.
        kin_offsets: alike, how much better than a larger member of its family a model can be.
        min_reference_b: a baseline of known size is like those learnt from only from this size on.
    """

    knots_b: tuple[float, ...]
    intercept: float
    slopes: tuple[float, ...]
    offsets: tuple[tuple[float, float], ...]
    architectures: Mapping[str, float] = field(default_factory=dict)
    families: Mapping[str, float] = field(default_factory=dict)
    kin_offsets: tuple[tuple[float, float], ...] = ()
    min_reference_b: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Everything the catalogue knows, joined by id. Read only."""

    as_of: date
    models: Mapping[ModelId, Model]
    providers: Mapping[ProviderId, Provider]
    endpoints: Mapping[EndpointId, Endpoint]
    tiers: tuple[Tier, ...] = ()
    task_kinds: Mapping[str, TaskKind] = field(default_factory=dict)
    families: Mapping[str, Family] = field(default_factory=dict)
    specialisations: tuple[Specialisation, ...] = ()
    complexity: ComplexityRule | None = None
    scaling: ScalingRule | None = None
