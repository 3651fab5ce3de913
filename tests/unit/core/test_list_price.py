from datetime import date
from decimal import Decimal

from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.market import Rate
from modelsearch.testing.factories import make_endpoint, make_rates


def test_blended_price_is_three_to_one_at_the_date() -> None:
    old, new = make_rates(1.0, 5.0), [Rate(kind="input", usd=Decimal(2), valid_from=date(2026, 10, 1))]
    tier = Rate(kind="output", usd=Decimal(50), min_prompt_tokens=200_000)
    endpoint = make_endpoint(rates=(*old, *new, tier))
    assert blended_usd_per_mtok(endpoint, date(2026, 9, 1)) == 2
    assert blended_usd_per_mtok(endpoint, date(2026, 10, 1)) == Decimal("2.75")


def test_unknown_rates_give_no_blended_price() -> None:
    assert blended_usd_per_mtok(make_endpoint(rates=make_rates(1.0, None)), date(2026, 9, 1)) is None
    assert blended_usd_per_mtok(make_endpoint(rates=()), date(2026, 9, 1)) is None


def test_a_price_of_some_hours_or_of_batches_is_no_list_price() -> None:
    night = Rate(kind="input", usd=Decimal("0.1"), utc_window=("0100", "0200"))
    batch = Rate(kind="output", usd=Decimal("0.1"), processing="batch")
    assert blended_usd_per_mtok(make_endpoint(rates=(*make_rates(1.0, 5.0), night, batch)), date(2026, 9, 1)) == 2
