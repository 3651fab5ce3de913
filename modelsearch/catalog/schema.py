"""The shape of each catalogue file, as pydantic models. Nothing beyond the named keys is accepted.

Money is USD as Decimal, sizes are in billions of parameters, contexts in tokens. A key that is absent or null is
unknown; no number stands for "unknown". The JSON schemas in `catalogs/schemas` are generated from these classes
(`schema_texts`), so that editors check the YAML while it is typed.
"""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from modelsearch.catalog.key_words import with_words
from modelsearch.core.market import Architecture, PricingClass, Processing, RateKind

MAX_USD = 1000
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9~@][^\s]*$", max_length=200)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Usd = Annotated[Decimal, Field(ge=0, le=MAX_USD)] | None
Size = Annotated[float, Field(gt=0, le=1e6)] | None
Count = Annotated[int, Field(gt=0)] | None
Share = Annotated[float, Field(ge=0, le=1)]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3])[0-5]\d$")]
Capability = Literal[
    "tools",
    "json_schema",
    "reasoning",
    "no_temperature",
    "max_completion_tokens",
    "seed",
    "logprobs",
    "prompt_cache",
    "no_system",
]


class Row(BaseModel):
    """A piece of a catalogue file: only its own keys, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScoreRow(Row):
    """One published score; `value` is a share in [0, 1], higher is better, whatever unit the source used."""

    benchmark: Word
    metric: Word
    value: Share
    variant: str = ""
    observed_on: str = ""
    source: str = Field(min_length=1)


class ModelRow(Row):
    """Weights with a version. `facts_source` says where size, architecture and training tokens are from."""

    id: Id
    family: Word
    architecture: Architecture = "unknown"
    params_b: Size = None
    active_params_b: Size = None
    training_tokens_t: Size = None
    released: date | None = None
    languages: tuple[str, ...] = ()
    modalities_in: tuple[str, ...] = ("text",)
    modalities_out: tuple[str, ...] = ("text",)
    is_open_weights: bool | None = None
    facts_source: str = ""
    scores: tuple[ScoreRow, ...] = ()


class ModelsFile(Row):
    """models.yaml."""

    models: tuple[ModelRow, ...]


class FamilyRow(Row):
    """A lineage. `prefixes` are the beginnings of model ids that belong to it; the longest one wins."""

    id: Word
    lineage: Word | None = None
    prefixes: tuple[str, ...] = ()
    characteristics: tuple[Word, ...] = ()
    strengths: tuple[Word, ...] = ()


class FamiliesFile(Row):
    """families.yaml."""

    families: tuple[FamilyRow, ...]


class PriceRow(Row):
    """Prices that hold together under one condition; one row gives one `Rate` per price.

    `*_mtok` are USD per million tokens, `per_request` USD per call, `per_second` USD per second of compute. A row
    without `valid_from` has held since before it was first seen. Rows are appended, never edited.
    """

    input_mtok: Usd = None
    output_mtok: Usd = None
    reasoning_mtok: Usd = None
    cache_read_mtok: Usd = None
    cache_write_5m_mtok: Usd = None
    cache_write_1h_mtok: Usd = None
    per_request: Usd = None
    per_second: Usd = None
    processing: Processing = "standard"
    over_tokens: Annotated[int, Field(ge=0)] = 0
    utc: tuple[Clock, Clock] | None = None
    valid_from: date = date(1970, 1, 1)
    observed_at: date
    source: str = Field(min_length=1)
    is_disputed: bool = False

    def prices(self) -> Iterator[tuple[RateKind, str, Decimal | None]]:
        """Kind, key and price of each price that the row states; a price stated as null is unknown."""
        for key, kind in PRICE_KEYS.items():
            if key in self.model_fields_set:
                yield kind, key, getattr(self, key)


PRICE_KEYS: dict[str, RateKind] = {
    "input_mtok": "input",
    "output_mtok": "output",
    "reasoning_mtok": "reasoning",
    "cache_read_mtok": "cache_read",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "per_request": "request",
    "per_second": "compute_second",
}


class EndpointRow(Row):
    """A model as this provider serves it; the endpoint's id is `<provider>/<wire>`."""

    wire: Id
    model: Id
    quantization: str | None = None
    region: str | None = None
    host: str | None = None
    context_tokens: Count = None
    max_output_tokens: Count = None
    capabilities: tuple[Capability, ...] = ()
    deprecated_on: date | None = None
    recorded_latency_s: Size = None
    prices: tuple[PriceRow, ...] = Field(min_length=1)


class LimitsRow(Row):
    """Calls in flight per account, requests and tokens a minute, seconds before a call is given up."""

    max_concurrency: Annotated[int, Field(ge=1, le=4096)] = 16
    rpm: Count = None
    tpm: Count = None
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = 120.0


class ProviderFile(Row):
    """providers/<id>.yaml."""

    id: Word
    name: str
    dialect: Word
    base_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$")]
    key_env: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None
    pricing_class: PricingClass
    strengths: tuple[Word, ...] = ()
    best_for: tuple[Word, ...] = ()
    limits: LimitsRow = LimitsRow()
    regions: tuple[str, ...] = ()
    is_zdr: bool | None = None
    batch: Word | None = None
    notes: str = ""
    endpoints: tuple[EndpointRow, ...] = ()


class TierRow(Row):
    """A band [min, max) of blended list price in USD per Mtok; the last one has no max."""

    name: Word
    min_usd_per_mtok: Annotated[Decimal, Field(ge=0)]
    max_usd_per_mtok: Annotated[Decimal, Field(gt=0)] | None = None


class TiersFile(Row):
    """tiers.yaml."""

    tiers: tuple[TierRow, ...] = Field(min_length=1)


class TaskKindRow(Row):
    """What a kind of task asks: capabilities it cannot do without, words it prefers and avoids, sizes, defaults."""

    id: Word
    requires: tuple[Capability, ...] = ()
    prefers: tuple[Word, ...] = ()
    avoids: tuple[Word, ...] = ()
    min_params_b: Size = None
    min_context_tokens: Count = None
    scorer: Word
    margin: Annotated[float, Field(gt=0, lt=1)]
    benchmarks: tuple[Word, ...] = ()


class TaskKindsFile(Row):
    """task_kinds.yaml."""

    task_kinds: tuple[TaskKindRow, ...]


class SpecialisationRow(Row):
    """A prior in [-1, 1] with its evidence; `basis` opinion is written by hand, measured is generated from scores."""

    subject: Literal["provider", "family"]
    id: Word
    kind: Word
    prior: Annotated[float, Field(ge=-1, le=1)]
    basis: Literal["opinion", "measured"]
    evidence: str = Field(min_length=10)


class SpecialisationsFile(Row):
    """specialisations.yaml."""

    specialisations: tuple[SpecialisationRow, ...]


class BandRow(Row):
    """Sizes for tasks of complexity below `below` (and not below the band before)."""

    below: Annotated[float, Field(gt=0, le=1.01)]
    min_params_b: Size = None
    max_params_b: Size = None


class ComplexityFile(Row):
    """complexity.yaml. The weights sum to 1; bands rise, and the last one covers complexity 1."""

    weights: dict[Word, Share]
    bands: tuple[BandRow, ...] = Field(min_length=1)
    reasoning_words: tuple[str, ...] = ()


class OffsetRow(Row):
    """What is added at a level, and the mean and least coverage on tables that the fit had not seen."""

    level: Annotated[float, Field(gt=0, lt=1)]
    gap: Annotated[float, Field(ge=-1, le=1)]
    coverage: Share
    least_coverage: Share


class ScalingFile(Row):
    """scaling.yaml: coefficients of `core.market.ScalingRule`, generated by bench/make_scaling.py."""

    source: str = Field(min_length=10)
    observed_on: date
    n_tables: Annotated[int, Field(ge=2)]
    n_models: Annotated[int, Field(ge=2)]
    min_reference_b: Annotated[float, Field(ge=0)]
    knots_b: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
    intercept: Annotated[float, Field(ge=-1, le=1)]
    slopes: tuple[Annotated[float, Field(ge=0)], ...]
    architectures: dict[Architecture, float] = {}
    families: dict[Word, float] = {}
    offsets: tuple[OffsetRow, ...] = Field(min_length=1)
    kin_offsets: tuple[OffsetRow, ...] = ()


FILES: dict[str, type[Row]] = {
    "models": ModelsFile,
    "families": FamiliesFile,
    "provider": ProviderFile,
    "tiers": TiersFile,
    "task_kinds": TaskKindsFile,
    "specialisations": SpecialisationsFile,
    "complexity": ComplexityFile,
    "scaling": ScalingFile,
}


def schema_texts() -> dict[str, str]:
    """Text of the schema of each kind of file, by file name, with what each key means."""
    return {
        f"{name}.schema.json": json.dumps(with_words(cls.model_json_schema()), indent=1, sort_keys=True) + "\n"
        for name, cls in FILES.items()
    }
