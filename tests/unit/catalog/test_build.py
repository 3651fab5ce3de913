from datetime import date
from decimal import Decimal

from modelsearch.catalog.build import endpoint_of, rates_of
from modelsearch.catalog.schema import EndpointRow, PriceRow
from modelsearch.core.market import Rate

ROW = PriceRow.model_validate(
    {
        "input_mtok": Decimal("0.5"),
        "per_second": Decimal(1),
        "processing": "batch",
        "over_tokens": 10,
        "utc": ("2200", "0400"),
        "valid_from": date(2026, 1, 2),
        "observed_at": date(2026, 3, 4),
        "source": "list",
        "is_disputed": True,
    }
)


def test_each_price_of_a_row_keeps_the_rows_condition() -> None:
    first, second = rates_of([ROW])
    assert first == Rate(
        kind="input",
        usd=Decimal("0.5"),
        per="mtok",
        processing="batch",
        min_prompt_tokens=10,
        utc_window=("2200", "0400"),
        valid_from=date(2026, 1, 2),
        observed_at=date(2026, 3, 4),
        source="list",
        is_disputed=True,
    )
    assert (second.kind, second.per, second.utc_window) == ("compute_second", "second", first.utc_window)


def test_an_endpoints_id_is_provider_and_wire_name() -> None:
    endpoint = endpoint_of(EndpointRow(wire="a/b:c", model="m", prices=(ROW,)), "acme")
    assert (endpoint.id, endpoint.wire_name, endpoint.provider_id) == ("acme/a/b:c", "a/b:c", "acme")
