"""The catalogue's own files and what syncs have found, as one market. Pure.

The files stay the word on whatever no listing tells (dialects, scores, architecture, strengths) and on which providers
can be called at all: an endpoint at a provider that they do not know is left out. So is one that costs nothing: such
variants take a few dozen calls a day, may train on what they are sent and end without notice. Synced prices come after
the files' own rows, dated by the day on which they were seen; what is gone keeps its prices and gets a last day.

Capabilities are joined, not replaced: a listing tells some abilities and is silent of others, and a parameter that the
files know to be refused (no_temperature) is refused still.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from modelsearch.catalog.price_rows import dated_rates, new_rows
from modelsearch.core.ids import EndpointId, ModelId
from modelsearch.core.market import Endpoint, Family, Market, Model, Rate
from modelsearch.core.offering import CatalogRecord, CatalogState, Offering, PriceRow

OTHER = "other"
"""The family of a model whose name begins like none that is known."""
_A_DAY = timedelta(days=1)


def overlaid(market: Market, known: CatalogRecord | CatalogState) -> Market:
    """The market with what syncs have found upon it.

    Args:
        market: of the catalogue's files.
        known: all that the syncs have come to; of a state alone the prices hold from the day it was observed.

    Returns:
        All models and endpoints of `market`, brought up to date, and the new ones at its providers.
    """
    record = known if isinstance(known, CatalogRecord) else _record_of(known)
    by_endpoint: dict[EndpointId, list[PriceRow]] = {}
    for row in record.prices:
        by_endpoint.setdefault(row.endpoint_id, []).append(row)
    models, endpoints = dict(market.models), dict(market.endpoints)
    for each in _found(record):
        if _is_callable(market, each):
            endpoint = _endpoint(market.endpoints.get(each.endpoint_id), each, by_endpoint.get(each.endpoint_id, []))
            endpoints[each.endpoint_id] = endpoint
            model = models.get(endpoint.model_id) or _new_model(endpoint.model_id, market.families)
            models[endpoint.model_id] = _filled(model, each)
    return replace(market, models=models, endpoints=endpoints)


def family_of(model_id: str, families: Iterable[Family]) -> str:
    """The family with the longest prefix that the model's name begins with; `OTHER` where none does."""
    name = model_id.lower().rsplit("/", 1)[-1]
    fitting = [(len(prefix), family.id) for family in families for prefix in family.prefixes if name.startswith(prefix)]
    return max(fitting, default=(0, OTHER))[1]


def _record_of(state: CatalogState) -> CatalogRecord:
    return CatalogRecord(state=state, prices=new_rows((), state, state.observed_at.date()))


def _found(record: CatalogRecord) -> Iterable[Offering]:
    """What is gone or answers no more (since yesterday, where no day is known), and after it what is on sale."""
    yield from record.gone.values()
    last_day = record.state.observed_at.date() - _A_DAY
    for each in record.state.offerings.values():
        if each.is_live:
            yield each
        elif each.endpoint_id not in record.gone:
            yield replace(each, deprecated_on=min(each.deprecated_on or last_day, last_day))


def _is_callable(market: Market, offering: Offering) -> bool:
    """Whether the files know who bills, something is billed, and it is not one of our own machines, whose price is
    ours to know.
    """
    provider = market.providers.get(offering.provider_id)
    return (
        provider is not None
        and provider.pricing_class != "local"
        and not any(r.usd == 0 for r in _token_rates(offering))
    )


def _token_rates(offering: Offering) -> Iterable[Rate]:
    return (rate for rate in offering.rates if rate.kind in ("input", "output"))


def _filled(model: Model, told: Offering) -> Model:
    """The model with what is not known of it yet; an offering that takes it for another model tells nothing of it."""
    if told.model_id != model.id:
        return model
    return replace(
        model,
        params_b=model.params_b or told.params_b,
        released=model.released or told.released,
        is_open_weights=told.is_open_weights if model.is_open_weights is None else model.is_open_weights,
    )


def _new_model(model_id: ModelId, families: Mapping[str, Family]) -> Model:
    return Model(id=model_id, family=family_of(model_id, families.values()))


def _endpoint(own: Endpoint | None, told: Offering, rows: list[PriceRow]) -> Endpoint:
    """The endpoint as the source lists it today; what it does not tell stays as the files have it."""
    base = own or Endpoint(
        id=told.endpoint_id, model_id=told.model_id, provider_id=told.provider_id, wire_name=told.wire_name, rates=()
    )
    return replace(
        base,
        rates=dated_rates(base.rates, rows),
        quantization=told.quantization or base.quantization,
        region=told.region or base.region,
        context_tokens=told.context_tokens or base.context_tokens,
        max_output_tokens=told.max_output_tokens or base.max_output_tokens,
        capabilities=base.capabilities | (told.capabilities or frozenset()),
        deprecated_on=told.deprecated_on or base.deprecated_on,
    )
