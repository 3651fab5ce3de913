"""Made-up offerings and states, and hypothesis strategies of them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Rate
from modelsearch.core.offering import CatalogState, Offering

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DAY = NOW.date()


def rates(input_usd: str | None = "1", output_usd: str | None = "3", **fields: Any) -> tuple[Rate, ...]:
    """Input and output prices under one condition."""
    usd = [None if price is None else Decimal(price) for price in (input_usd, output_usd)]
    return (Rate(kind="input", usd=usd[0], **fields), Rate(kind="output", usd=usd[1], **fields))


def offering(name: str = "acme/m-1", **fields: Any) -> Offering:
    """An endpoint on sale, as a source lists it."""
    provider, _, wire = name.partition("/")
    given: dict[str, Any] = {
        "model_id": ModelId(wire), "provider_id": ProviderId(provider), "wire_name": wire, "source": "list",
        "rates": rates(),
    }  # fmt: skip
    return Offering(endpoint_id=EndpointId(name), **given | fields)


def state(*offerings: Offering, at: datetime = NOW, **fields: Any) -> CatalogState:
    """All of them on sale."""
    return CatalogState(observed_at=at, offerings={each.endpoint_id: each for each in offerings}, **fields)


_USD = st.one_of(st.none(), st.integers(1, 10**6).map(lambda n: Decimal(n) / 1000))
_KINDS = st.sampled_from(("input", "output", "cache_read", "reasoning"))
RATES = st.builds(
    Rate,
    kind=_KINDS,
    usd=_USD,
    processing=st.sampled_from(("standard", "batch")),
    min_prompt_tokens=st.sampled_from((0, 200_000)),
    utc_window=st.sampled_from((None, ("0100", "0400"))),
)
_OFFERINGS = st.builds(
    offering,
    st.sampled_from([f"{provider}/m-{n}" for provider in ("acme", "home") for n in range(4)]),
    rates=st.lists(
        RATES, max_size=5, unique_by=lambda r: (r.kind, r.processing, r.min_prompt_tokens, r.utc_window)
    ).map(tuple),
    revision=st.sampled_from(("", "a", "b")),
    quantization=st.sampled_from((None, "fp8", "int4")),
    region=st.sampled_from((None, "eu", "us")),
    deprecated_on=st.sampled_from((None, date(2026, 12, 1), date(2027, 1, 1))),
    is_live=st.booleans() | st.just(True),
)
STATES = st.lists(_OFFERINGS, max_size=6).map(lambda found: state(*found))
