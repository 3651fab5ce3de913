import re

import pyarrow as pa
import pytest

from modelsearch.store.schemas import SCHEMAS, VERSION

FIELDS = [(name, field) for name, schema in SCHEMAS.items() for field in schema]
IDS = [f"{name}.{field.name}" for name, field in FIELDS]
NUMBER_NAME = re.compile(
    r"^(n|p|log)_\w+$|_(usd|s|tokens|b|share|level|mean|low|high|sd|variance)$|_usd_per_(mtok|1k)$"
    r"|^(round|repeat|score|confidence|margin|alpha|http_status)$"
)


def test_there_are_the_eight_tables_of_a_run_and_the_two_of_the_synced_catalogue() -> None:
    expected = {"endpoints", "screen", "trajectory", "calls", "outcomes", "ledger", "estimates", "decision"}
    assert set(SCHEMAS) >= expected | {"prices", "changes"}
    for name, schema in SCHEMAS.items():
        assert schema.metadata == {b"table": name.encode(), b"version": str(VERSION).encode()}
        assert len(set(schema.names)) == len(schema.names)


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=IDS)
def test_every_field_has_a_meaning_and_numbers_a_unit(table: str, field: "pa.Field[pa.DataType]") -> None:
    metadata = field.metadata or {}
    assert len(metadata[b"meaning"]) > 5
    assert not metadata[b"meaning"].endswith(b"?")
    is_number = pa.types.is_integer(field.type) or pa.types.is_floating(field.type) or pa.types.is_decimal(field.type)
    assert bool(metadata[b"unit"]) == is_number
    if is_number:
        assert NUMBER_NAME.search(field.name), f"{table}.{field.name}: the name does not tell unit or kind"


@pytest.mark.parametrize(("table", "field"), FIELDS, ids=IDS)
def test_names_follow_the_rules(table: str, field: "pa.Field[pa.DataType]") -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
    assert pa.types.is_boolean(field.type) == field.name.startswith(("is_", "has_"))
    if field.name.startswith("n_") or field.name.endswith("_tokens"):
        assert pa.types.is_int64(field.type)
    if pa.types.is_decimal(field.type):
        assert (field.type.precision, field.type.scale) == (38, 12)
        assert "usd" in field.name
    is_estimate = table in {"estimates", "decision"} and pa.types.is_floating(field.type)
    assert "usd" not in field.name or is_estimate or pa.types.is_decimal(field.type)
