from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId, EndpointId, ModelId, PromptId, ProviderId
from modelsearch.core.market import Endpoint, Market, Rate
from modelsearch.nights.offers import offers_of

DAY = date(2026, 3, 1)
OLD, NEW = date(2026, 1, 1), date(2026, 4, 1)


def _rate(kind: str, usd: str, since: date = OLD) -> Rate:
    return Rate(kind=kind, usd=Decimal(usd), valid_from=since, observed_at=since)  # type: ignore[arg-type]


ENDPOINT = Endpoint(
    id=EndpointId("p/m"),
    model_id=ModelId("m"),
    provider_id=ProviderId("p"),
    wire_name="m-1",
    rates=(_rate("input", "2"), _rate("output", "8"), _rate("input", "1", NEW)),
    quantization="fp8",
)


def _market(endpoint: Endpoint) -> Market:
    return Market(as_of=DAY, models={}, providers={}, endpoints={endpoint.id: endpoint})


def test_an_offer_has_the_prices_of_its_day() -> None:
    single = Single(endpoint_id=ENDPOINT.id)
    listed = {single.id: 0.003}
    now = offers_of([single], _market(ENDPOINT), list_cost_usd=listed, day=DAY)[single.id]
    assert (now.usd_per_mtok_input, now.usd_per_mtok_output, now.list_cost_usd) == (2.0, 8.0, 0.003)
    assert (now.revision, now.endpoint_ids, now.is_timed) == ("m-1|fp8|", (ENDPOINT.id,), False)
    later = offers_of([single], _market(ENDPOINT), list_cost_usd=listed, day=NEW)[single.id]
    assert later.usd_per_mtok_input == 1.0


def test_whoever_ended_is_not_on_offer_and_on_its_last_day_still_is() -> None:
    single = Single(endpoint_id=ENDPOINT.id)
    ended = _market(replace(ENDPOINT, deprecated_on=DAY - timedelta(days=1)))
    ending = _market(replace(ENDPOINT, deprecated_on=DAY))
    assert offers_of([single], ended, list_cost_usd={}, day=DAY) == {}
    assert offers_of([single], ending, list_cost_usd={}, day=DAY)[single.id].deprecated_on == DAY


def test_unknown_prices_stay_unknown_and_seconds_are_no_list_price() -> None:
    single = Single(endpoint_id=ENDPOINT.id, prompt_id=PromptId("short"))
    timed = replace(ENDPOINT, rates=(Rate(kind="compute_second", usd=Decimal("0.001"), per="second"),))
    (found,) = offers_of([single], _market(timed), list_cost_usd={}, day=DAY).values()
    assert found.candidate_id == CandidateId("p/m#short")
    assert (found.is_timed, found.usd_per_mtok_input, found.list_cost_usd, found.p_good) == (True, None, None, 0.5)
