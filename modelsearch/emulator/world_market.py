"""The market of a synthetic world: fictional models at fictional providers, priced like the real thing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from modelsearch.catalog.price import prices_at
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Family, Market, Model, Provider, Rate, RateKind, Score, TaskKind, Tier
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.world_names import HOSTS, MODELS, PROVIDERS, ROUTER, HostTemplate, ModelTemplate
from modelsearch.emulator.world_random import normal, uniform

SOURCE = "emulated"
AS_OF = date(2026, 11, 1)
FIRST_PRICED, REPRICED = date(2023, 9, 1), date(2024, 5, 1)
"""Long past, so that a world costs the same whatever the clock of the machine says."""
ROUTER_FEE = Decimal("1.05")
_PRICE_STEP = Decimal("0.001")
_TIERS = (
    Tier(name="budget", min_usd_per_mtok=Decimal(0), max_usd_per_mtok=Decimal("0.3")),
    Tier(name="middle", min_usd_per_mtok=Decimal("0.3"), max_usd_per_mtok=Decimal(3)),
    Tier(name="premium", min_usd_per_mtok=Decimal(3), max_usd_per_mtok=None),
)


def world_market(
    task: TaskSpec, label: str, templates: Sequence[ModelTemplate], n_hosts: int, base: Market | None
) -> Market:
    """The market; tiers, task kinds and complexity rule from `base` where one is given.

    Args:
        task: its kind is added where the base does not know it.
        label: the seed of the world in words.
        templates: the models.
        n_hosts: at most this many offers of an open model.
        base: real catalogue to borrow the rules from, never its models.
    """
    endpoints = [endpoint for template in templates for endpoint in _endpoints(template, label, n_hosts)]
    families = sorted({template.family for template in templates})
    kinds = dict(base.task_kinds) if base else {}
    kinds.setdefault(task.kind, TaskKind(id=task.kind, scorer=task.scorer.name, margin=task.margin))
    return Market(
        as_of=AS_OF,
        models={ModelId(template.id): _model(template, label) for template in templates},
        providers=_providers(),
        endpoints={endpoint.id: endpoint for endpoint in sorted(endpoints, key=lambda e: e.id)},
        tiers=base.tiers if base else _TIERS,
        task_kinds=kinds,
        families={name: Family(id=name, characteristics=frozenset({SOURCE})) for name in families},
        complexity=base.complexity if base else None,
    )


def _providers() -> dict[ProviderId, Provider]:
    return {
        ProviderId(template.id): Provider(
            id=ProviderId(template.id),
            name=f"{template.name} (emulated)",
            dialect=template.dialect,
            base_url=f"http://127.0.0.1/p/{template.id}",
            key_env=None,
            pricing_class=template.pricing_class,
            max_concurrency=32,
            timeout_s=30.0,
            regions=template.regions,
            is_zdr=template.is_zdr,
            batch=template.batch,
        )
        for template in PROVIDERS
    }


def _model(template: ModelTemplate, label: str) -> Model:
    is_open = not template.home
    return Model(
        id=ModelId(template.id),
        family=template.family,
        architecture=template.architecture,
        params_b=template.size_b if is_open else None,
        active_params_b=template.active_b if is_open else None,
        released=date(2025, 1 + int(uniform(f"{label}/released", template.id) * 12), 15),
        languages=("en",),
        is_open_weights=is_open,
    )


def with_scores(market: Market, label: str, ability: dict[str, float]) -> Market:
    """The market with published scores for two models in three, noisy images of their ability."""
    models = {
        model_id: replace(model, scores=(_score(ability[model_id] + 0.4 * normal(f"{label}/published", model_id)),))
        if uniform(f"{label}/is_published", model_id) < 2 / 3
        else model
        for model_id, model in market.models.items()
    }
    return replace(market, models=models)


def _score(ability: float) -> Score:
    value = round(min(0.99, max(0.05, 0.5 + 0.15 * ability)), 3)
    return Score(benchmark="emulated-bench", metric="accuracy", value=value, observed_on=str(AS_OF), source=SOURCE)


def _endpoints(template: ModelTemplate, label: str, n_hosts: int) -> Iterator[Endpoint]:
    if template.home:
        yield _endpoint(template, template.home, None, None, (template.input_usd, template.output_usd))
        usd = (template.input_usd * ROUTER_FEE, template.output_usd * ROUTER_FEE)
        yield _endpoint(template, ROUTER, template.home, None, usd)
        return
    offers = [host for host in HOSTS if template.size_b <= host.max_size_b]
    kept = [h for h in offers if uniform(f"{label}/{h.provider_id}/{h.host}", template.id) < h.coverage]
    for host in (kept or offers)[:n_hosts]:
        factor = Decimal(repr(round(_factor(template, label, host), 3)))
        usd = (template.input_usd * factor, template.output_usd * factor)
        yield _endpoint(template, host.provider_id, host.host, host.quantization, usd)


def _factor(template: ModelTemplate, label: str, host: HostTemplate) -> float:
    """Price of a host against the middle, with its own whim of up to a quarter either way."""
    return host.price * (0.75 + 0.5 * uniform(f"{label}/price/{host.provider_id}/{host.host}", template.id))


def _endpoint(
    template: ModelTemplate, provider_id: str, host: str | None, quantization: str | None, usd: tuple[Decimal, Decimal]
) -> Endpoint:
    pinned = "" if host is None else "@" + host.replace("/", "-")
    wire_name = f"{template.family}/{template.id}:{pinned[1:]}" if host else template.id
    return Endpoint(
        id=EndpointId(f"{provider_id}/{template.id}{pinned}"),
        model_id=ModelId(template.id),
        provider_id=ProviderId(provider_id),
        wire_name=wire_name,
        rates=(*_batch_rates(provider_id, usd), *_rates("input", usd[0]), *_rates("output", usd[1])),
        quantization=quantization,
        host=host,
        context_tokens=template.context_tokens,
        max_output_tokens=16_384,
        capabilities=_capabilities(template, provider_id),
    )


def _rates(kind: str, usd: Decimal) -> tuple[Rate, ...]:
    """Two dated rows: what it cost at first, a quarter more, and what it costs since."""
    now = max(usd.quantize(_PRICE_STEP), _PRICE_STEP)
    before = (usd * Decimal("1.25")).quantize(_PRICE_STEP)
    rows = ((before, FIRST_PRICED), (now, REPRICED))
    return tuple(
        Rate(
            kind="input" if kind == "input" else "output",
            usd=max(price, now),
            valid_from=day,
            observed_at=day,
            source=SOURCE,
        )
        for price, day in rows
    )


def _batch_rates(provider_id: str, usd: tuple[Decimal, Decimal]) -> tuple[Rate, ...]:
    """Half of what a call costs now, where the provider has batches."""
    if not any(provider.id == provider_id and provider.batch for provider in PROVIDERS):
        return ()
    rows = (_rates("input", usd[0])[-1], _rates("output", usd[1])[-1])
    return tuple(replace(row, usd=(row.usd or Decimal(0)) / 2, processing="batch") for row in rows)


def _capabilities(template: ModelTemplate, provider_id: str) -> frozenset[str]:
    known = {"tools", "json_schema", "seed"}
    dialects = {provider.id: provider.dialect for provider in PROVIDERS}
    if not template.reasoning_share and dialects[provider_id] != "anthropic_messages":
        known |= {"logprobs"}
    if template.reasoning_share:
        known |= {"reasoning"}
        if provider_id == "tessellar":
            known |= {"no_temperature", "max_completion_tokens"}
    return frozenset(known)


def list_prices(endpoint: Endpoint) -> Mapping[RateKind, Decimal | None]:
    """USD per Mtok of a world's endpoint on the world's day."""
    return prices_at(endpoint, at=datetime(AS_OF.year, AS_OF.month, AS_OF.day, tzinfo=UTC), prompt_tokens=0)


def default_templates(n_models: int) -> tuple[ModelTemplate, ...]:
    """The first models of the list: closed ones and at least one open family."""
    return MODELS[: max(10, min(n_models, len(MODELS)))]
