"""Validated rows become core types; nothing is checked or decided here."""

from collections.abc import Iterable

from modelsearch.catalog.schema import (
    ComplexityFile,
    EndpointRow,
    FamilyRow,
    ModelRow,
    PriceRow,
    ProviderFile,
    ScalingFile,
    SpecialisationRow,
    TaskKindRow,
)
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import (
    ComplexityBand,
    ComplexityRule,
    Endpoint,
    Family,
    Model,
    Provider,
    Rate,
    RatePer,
    ScalingRule,
    Score,
    Specialisation,
    TaskKind,
)

_PER: dict[str, RatePer] = {"request": "call", "compute_second": "second"}


def model_of(row: ModelRow) -> Model:
    """A model with its published scores."""
    return Model(
        id=ModelId(row.id),
        family=row.family,
        architecture=row.architecture,
        params_b=row.params_b,
        active_params_b=row.active_params_b,
        training_tokens_t=row.training_tokens_t,
        released=row.released,
        languages=row.languages,
        modalities_in=row.modalities_in,
        modalities_out=row.modalities_out,
        is_open_weights=row.is_open_weights,
        scores=tuple(
            Score(
                benchmark=score.benchmark,
                metric=score.metric,
                value=score.value,
                variant=score.variant,
                observed_on=score.observed_on,
                source=score.source,
            )
            for score in row.scores
        ),
    )


def provider_of(row: ProviderFile) -> Provider:
    """A provider without its endpoints."""
    return Provider(
        id=ProviderId(row.id),
        name=row.name,
        dialect=row.dialect,
        base_url=row.base_url,
        key_env=row.key_env,
        pricing_class=row.pricing_class,
        strengths=row.strengths,
        best_for=row.best_for,
        max_concurrency=row.limits.max_concurrency,
        rpm=row.limits.rpm,
        tpm=row.limits.tpm,
        timeout_s=row.limits.timeout_s,
        regions=row.regions,
        is_zdr=row.is_zdr,
        batch=row.batch,
    )


def endpoint_of(row: EndpointRow, provider_id: str) -> Endpoint:
    """An endpoint; its id is `<provider>/<wire name>`."""
    return Endpoint(
        id=endpoint_id(provider_id, row.wire),
        model_id=ModelId(row.model),
        provider_id=ProviderId(provider_id),
        wire_name=row.wire,
        rates=tuple(rates_of(row.prices)),
        quantization=row.quantization,
        region=row.region,
        host=row.host,
        context_tokens=row.context_tokens,
        max_output_tokens=row.max_output_tokens,
        capabilities=frozenset(row.capabilities),
        deprecated_on=row.deprecated_on,
        recorded_latency_s=row.recorded_latency_s,
    )


def endpoint_id(provider_id: str, wire_name: str) -> EndpointId:
    """How an endpoint is called everywhere."""
    return EndpointId(f"{provider_id}/{wire_name}")


def rates_of(rows: Iterable[PriceRow]) -> Iterable[Rate]:
    """One rate per price of each row."""
    for row in rows:
        for kind, _, usd in row.prices():
            yield Rate(
                kind=kind,
                usd=usd,
                per=_PER.get(kind, "mtok"),
                processing=row.processing,
                min_prompt_tokens=row.over_tokens,
                utc_window=row.utc,
                valid_from=row.valid_from,
                observed_at=row.observed_at,
                source=row.source,
                is_disputed=row.is_disputed,
            )


def task_kind_of(row: TaskKindRow) -> TaskKind:
    """A kind of task."""
    return TaskKind(
        id=row.id,
        requires=frozenset(row.requires),
        prefers=frozenset(row.prefers),
        avoids=frozenset(row.avoids),
        min_params_b=row.min_params_b,
        min_context_tokens=row.min_context_tokens,
        scorer=row.scorer,
        margin=row.margin,
        benchmarks=row.benchmarks,
    )


def family_of(row: FamilyRow) -> Family:
    """A family."""
    return Family(
        id=row.id,
        lineage=row.lineage,
        characteristics=frozenset(row.characteristics),
        strengths=frozenset(row.strengths),
        prefixes=row.prefixes,
    )


def specialisation_of(row: SpecialisationRow) -> Specialisation:
    """A specialisation; its evidence says whether it is an opinion or a measurement."""
    return Specialisation(
        subject=row.subject,
        subject_id=row.id,
        task_kind=row.kind,
        prior=row.prior,
        evidence=f"{row.basis}: {row.evidence}",
    )


def complexity_of(row: ComplexityFile) -> ComplexityRule:
    """The complexity rule."""
    return ComplexityRule(
        weights=dict(row.weights),
        bands=tuple(
            ComplexityBand(below=band.below, min_params_b=band.min_params_b, max_params_b=band.max_params_b)
            for band in row.bands
        ),
        reasoning_words=row.reasoning_words,
    )


def scaling_of(row: ScalingFile) -> ScalingRule:
    """The scaling rule."""
    return ScalingRule(
        knots_b=row.knots_b,
        intercept=row.intercept,
        slopes=row.slopes,
        offsets=tuple((each.level, each.gap) for each in row.offsets),
        architectures={str(name): effect for name, effect in row.architectures.items()},
        families=dict(row.families),
        kin_offsets=tuple((each.level, each.gap) for each in row.kin_offsets),
        min_reference_b=row.min_reference_b,
    )
