from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.catalog.guards import complexity_problems, price_problems, tier_file_problems
from modelsearch.catalog.schema import BandRow, ComplexityFile, EndpointRow, PriceRow, ProviderFile, TierRow, TiersFile


def row(**keys: Any) -> PriceRow:
    return PriceRow.model_validate({"observed_at": date(2026, 11, 1), "source": "list"} | keys)


def problems(*rows: PriceRow, pricing_class: str = "budget") -> list[str]:
    endpoint = EndpointRow(wire="m", model="m", prices=rows)
    provider = ProviderFile.model_validate(
        {
            "id": "acme",
            "name": "Acme",
            "dialect": "openai_chat",
            "base_url": "https://a.example",
            "key_env": "A_KEY",
            "pricing_class": pricing_class,
            "endpoints": [endpoint],
        }
    )
    return list(price_problems(provider))


def test_plausible_prices_pass() -> None:
    rows = [
        row(input_mtok=1, output_mtok=4, cache_read_mtok=1),
        row(input_mtok=2, output_mtok=6, cache_read_mtok=2, over_tokens=1000),
        row(input_mtok=1, output_mtok=4, processing="batch"),
        row(input_mtok=2, output_mtok=6, processing="batch", over_tokens=1000),
        row(input_mtok=0.5, output_mtok=2, cache_read_mtok=0.2, utc=("2200", "0400")),
        row(input_mtok=0.9, output_mtok=4, valid_from=date(2026, 12, 1)),
    ]
    assert problems(*rows) == []


@pytest.mark.parametrize("key", ["input_mtok", "output_mtok", "cache_read_mtok", "per_request", "per_second"])
def test_a_price_of_zero_is_for_local_providers_only(key: str) -> None:
    rows = row(**{"input_mtok": 1, "output_mtok": 1} | {key: 0})
    assert any(f"{key}: 0 is allowed for local providers only" in problem for problem in problems(rows))
    assert problems(rows, pricing_class="local") == []


def test_a_cache_costs_at_most_what_input_costs() -> None:
    (problem,) = problems(row(input_mtok=1, output_mtok=4, cache_read_mtok="1.01"))
    expected = (
        "endpoints[m].prices[standard from 1970-01-01].cache_read_mtok: expected at most input_mtok (1), got 1.01"
    )
    assert problem == expected


def test_batch_costs_at_most_what_standard_costs() -> None:
    rows = (row(input_mtok=1, output_mtok=4), row(input_mtok=1, output_mtok=5, processing="batch"))
    (problem,) = problems(*rows)
    assert "output_mtok: expected at most the standard 4, got 5" in problem


def test_a_longer_prompts_row_prices_what_the_short_ones_row_prices() -> None:
    rows = (row(input_mtok=1, output_mtok=4, cache_read_mtok=0.1), row(input_mtok=2, output_mtok=8, over_tokens=9))
    (problem,) = problems(*rows)
    assert "got none for ['cache_read_mtok']" in problem


def test_batch_has_the_prompt_lengths_that_standard_has() -> None:
    rows = (
        row(input_mtok=1, output_mtok=4),
        row(input_mtok=2, output_mtok=8, over_tokens=9),
        row(input_mtok=1, output_mtok=2, processing="batch"),
    )
    (problem,) = problems(*rows)
    assert problem.endswith("prices[batch]: expected a row for each prompt length of standard, got none over [9]")


def test_two_prices_under_one_condition_are_refused() -> None:
    rows = (row(input_mtok=1, output_mtok=4), row(input_mtok=2, cache_read_mtok=1))
    (problem,) = problems(*rows)
    assert "input_mtok: expected one price per condition and date, got two" in problem


def test_a_row_without_a_price_is_refused() -> None:
    assert any("expected at least one price" in problem for problem in problems(row(input_mtok=1), row(over_tokens=5)))


def test_unknown_prices_pass_every_guard() -> None:
    rows = (row(input_mtok=None, output_mtok=None, cache_read_mtok=3), row(input_mtok=None, processing="batch"))
    assert problems(*rows) == []


def _tiers(*bounds: tuple[str, str | None]) -> Iterable[str]:
    rows = [
        TierRow(name=f"t{i}", min_usd_per_mtok=Decimal(low), max_usd_per_mtok=None if high is None else Decimal(high))
        for i, (low, high) in enumerate(bounds)
    ]
    return tier_file_problems(TiersFile(tiers=tuple(rows)))


def test_tiers_cover_every_price_once() -> None:
    assert list(_tiers(("0", "1"), ("1", None))) == []
    assert "expected 0, got 1" in next(iter(_tiers(("1", None))))
    assert "expected null, got 2" in next(iter(_tiers(("0", "2"))))
    assert "expected the max of 't0' (1), got 3" in next(iter(_tiers(("0", "1"), ("3", None))))


def test_complexity_bands_rise_and_cover_one() -> None:
    bands = (BandRow(below=0.5), BandRow(below=0.4))
    found = list(complexity_problems(ComplexityFile(weights={"a": 0.5}, bands=bands)))
    assert found == [
        "weights: expected a sum of 1, got 0.5",
        "bands.below: expected more than 0.5, got 0.4",
        "bands.below: expected the last one above 1, so that complexity 1 has a band, got 0.4",
    ]
