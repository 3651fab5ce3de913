import json
from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from modelsearch.catalog.schema import FILES, PRICE_KEYS, ModelRow, PriceRow, schema_texts


def test_every_file_has_a_schema_that_refuses_other_keys() -> None:
    texts = schema_texts()
    assert set(texts) == {f"{name}.schema.json" for name in FILES}
    for text in texts.values():
        schema = json.loads(text)
        assert schema["additionalProperties"] is False
        assert all(part.get("additionalProperties") is False for part in schema.get("$defs", {}).values())


def test_a_price_row_gives_what_it_states_and_nothing_else() -> None:
    row = PriceRow.model_validate(
        {"input_mtok": Decimal(1), "per_request": None, "observed_at": date(2026, 11, 1), "source": "list"}
    )
    assert list(row.prices()) == [("input", "input_mtok", Decimal(1)), ("request", "per_request", None)]


def test_every_price_key_is_a_field() -> None:
    assert set(PRICE_KEYS) <= set(PriceRow.model_fields)


@pytest.mark.parametrize("key", ["params_b", "active_params_b", "training_tokens_t"])
def test_a_size_of_zero_is_no_unknown(key: str) -> None:
    with pytest.raises(ValidationError):
        ModelRow.model_validate({"id": "m", "family": "f", key: 0})
