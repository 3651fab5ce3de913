from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import EndpointId, ItemId, ModelId
from modelsearch.core.market import Endpoint, Rate
from modelsearch.core.wire import Message, ModelRequest
from modelsearch.evaluate.prices import PriceBook
from modelsearch.providers.router import ROUTER_ID, preferences, price_limits
from tests.unit.providers.doubles import make_market

REQUEST = ModelRequest(messages=(Message(role="user", content="x" * 936),), max_output_tokens=10)
"""At most 1,000 tokens: 936 bytes and 64 around them."""


def endpoint_of(*rates: Rate, host: str | None = None) -> Endpoint:
    return Endpoint(
        id=EndpointId("e"), model_id=ModelId("m"), provider_id=ROUTER_ID, wire_name="acme/m", rates=rates, host=host
    )


def rate(kind: Any, usd: str | None, **changes: Any) -> Rate:
    return Rate(kind=kind, usd=None if usd is None else Decimal(usd), **changes)


def limits(*rates: Rate) -> dict[str, float]:
    return {name: round(usd, 3) for name, usd in price_limits(REQUEST, endpoint_of(*rates)).items()}


def test_the_limit_is_the_price_in_usd_per_mtok() -> None:
    both = (rate("input", "0.15"), rate("output", "0.6"))
    assert limits(*both) == {"prompt": 0.15, "completion": 0.6, "request": 0.0}
    assert limits(*both, rate("request", "0.005", per="call"))["request"] == 0.005


def test_a_host_at_exactly_that_price_is_not_lost_to_rounding() -> None:
    limit = price_limits(REQUEST, endpoint_of(rate("input", "0.15"), rate("output", "0.6")))
    assert 0.15 * (1 + 1e-7) < limit["prompt"] < 0.15 * (1 + 1e-5)
    assert float("0.0000006") * 1e6 <= limit["completion"]


def test_a_price_that_is_unknown_sets_no_limit() -> None:
    assert limits(rate("input", None), rate("output", "1")) == {"completion": 1.0, "request": 0.0}
    assert limits(rate("input", "1"), rate("input", None, utc_window=("0100", "0400"))) == {}
    assert limits() == {}
    assert limits(rate("output", "1"), rate("request", None, per="call")) == {"completion": 1.0}


def test_longer_tiers_count_only_where_the_prompt_can_reach_them() -> None:
    base = rate("input", "1")
    assert limits(base, rate("input", "2", min_prompt_tokens=1000))["prompt"] == 1.0
    assert limits(base, rate("input", "2", min_prompt_tokens=999))["prompt"] == 2.0


def test_the_dearest_hour_counts_and_other_processing_does_not() -> None:
    peak = rate("input", "3", utc_window=("0100", "0400"))
    batch = rate("input", "9", processing="batch")
    assert limits(rate("input", "1"), peak, batch)["prompt"] == 3.0


def test_an_older_price_no_longer_counts() -> None:
    old, new = rate("input", "5", observed_at=date(2026, 1, 1)), rate("input", "1", observed_at=date(2026, 2, 1))
    assert limits(new, old)["prompt"] == 1.0
    assert limits(rate("input", "2", valid_from=date(2026, 3, 1)), new)["prompt"] == 2.0


def test_what_the_router_is_told() -> None:
    private = ModelRequest(messages=REQUEST.messages, max_output_tokens=10, is_zdr=True)
    assert preferences(REQUEST, endpoint_of()) == {"require_parameters": True}
    assert preferences(private, endpoint_of(host="acme/fp8")) == {
        "only": ["acme/fp8"],
        "allow_fallbacks": False,
        "zdr": True,
        "data_collection": "deny",
        "require_parameters": True,
    }


USD = st.decimals("0.001", "50", places=3)
ROWS = st.lists(
    st.builds(
        Rate,
        kind=st.sampled_from(["input", "output"]),
        usd=USD,
        min_prompt_tokens=st.sampled_from([0, 0, 500, 5000]),
        utc_window=st.sampled_from([None, ("0100", "0400")]),
        observed_at=st.dates(date(2026, 1, 1), date(2026, 2, 1)),
    ),
    max_size=8,
)
BOOK = PriceBook(market=make_market(), now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))
REQUESTS = st.builds(
    ModelRequest,
    messages=st.lists(
        st.builds(Message, role=st.just("user"), content=st.text(max_size=2000)), min_size=1, max_size=3
    ).map(tuple),
    max_output_tokens=st.integers(1, 5000),
)


@given(rows=ROWS, input_usd=USD, output_usd=USD, request_=REQUESTS)
def test_no_host_within_the_limit_can_bill_more_than_was_set_aside(
    rows: list[Rate], input_usd: Decimal, output_usd: Decimal, request_: ModelRequest
) -> None:
    endpoint = endpoint_of(Rate(kind="input", usd=input_usd), Rate(kind="output", usd=output_usd), *rows)
    limit = price_limits(request_, endpoint)
    n_in = request_.max_prompt_tokens
    most = (limit["prompt"] * n_in + limit["completion"] * request_.max_output_tokens) / 1e6
    assert most <= float(BOOK.bound(endpoint, ItemId("i"), request_)) * (1 + 2e-6) + 1e-12
